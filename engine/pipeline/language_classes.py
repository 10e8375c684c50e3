# SPDX-License-Identifier: Apache-2.0
"""The class of pipelines of each language, such as `English`."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..config.registry import names_of, registry


def get_lang_class(base: Any, lang: str) -> Any:
    """The class of a language's pipelines: one that somebody registered by `@registry.languages`, or ours; a
    class of one language that is asked for itself stays.
    """
    if base.__dict__.get("lang") == lang:
        return base
    if lang in names_of("languages"):
        return registry.get("languages", lang)
    return _own_class(base, lang)


@cache
def _own_class(base: Any, lang: str) -> Any:
    return type(f"Language_{lang}", (base,), {"lang": lang, "__module__": base.__module__})
