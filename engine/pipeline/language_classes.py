# SPDX-License-Identifier: Apache-2.0
"""The class of pipelines of each language, such as `English`."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..config.registry import registry
from ..errors import UnknownLanguageError
from ..languages import NAMES
from ..tokenizers import copied_defaults, defaults_of

OF_LANGUAGE = "_is_of_language"
"""Mark of the classes that are made here, one a language."""

_MADE: set[str] = set()
"""Languages whose class was made."""


def get_lang_class(base: Any, lang: str) -> Any:
    """The class of a language's pipelines: one that somebody registered by `@registry.languages`, or ours; a
    class of one language that is asked for itself stays.
    """
    if base.__dict__.get("lang") == lang:
        return base
    if registry.has("languages", lang):
        return registry.get("languages", lang)
    return _own_class(base, lang)


def with_own_defaults(lang_class: Any) -> Any:
    """A class of the same name with defaults of its own: whoever changes them changes no other pipeline."""
    defaults = copied_defaults(lang_class.Defaults)
    return type(
        lang_class.__name__, (lang_class,), {"Defaults": defaults, "__module__": lang_class.__module__}
    )


@cache
def _own_class(base: Any, lang: str) -> Any:
    if lang not in NAMES:
        raise UnknownLanguageError(
            f"expected a language with tokenizer rules, got {lang!r}; there are {', '.join(sorted(NAMES))}; "
            "a language of your own is a class registered by @registry.languages"
        )
    _MADE.add(lang)
    members = {"lang": lang, "Defaults": defaults_of(lang), OF_LANGUAGE: True}
    if base.__module__ == "engine.pipeline.pipeline":
        members["__module__"] = f"engine.lang.{lang}"  # where it is found by name
    return type(NAMES[lang], (base,), members)


def known_lang_class(lang: str) -> bool:
    """Whether there is a class of that language already."""
    return lang in _MADE or registry.has("languages", lang)
