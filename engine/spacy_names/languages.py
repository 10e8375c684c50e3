# SPDX-License-Identifier: Apache-2.0
"""Documented modules of languages: `lang.de` with `German`, its stop words and rules."""

from __future__ import annotations

from typing import Any

from ..languages import NAMES as LANGUAGES
from ..languages import language_data
from ..pipeline.language_classes import get_lang_class
from ..pipeline.pipeline import Pipeline

PREFIX = "engine.spacy_names.languages:"
CLASS, STOP_WORDS = "class.", "stop_words."


def language_modules() -> dict[str, dict[str, str]]:
    """Module -> name -> place, for every language."""
    modules: dict[str, dict[str, str]] = {"lang": {}}
    for code, name in LANGUAGES.items():
        defaults = f"{PREFIX}{CLASS}{code}"
        modules[f"lang.{code}"] = {name: defaults, f"{name}Defaults": f"{PREFIX}defaults.{code}"}
        modules[f"lang.{code}.stop_words"] = {"STOP_WORDS": f"{PREFIX}{STOP_WORDS}{code}"}
    return modules


def __getattr__(name: str) -> Any:
    """A class, its defaults or stop words by a place of `language_modules`."""
    kind, _, code = name.partition(".")
    if code not in LANGUAGES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if kind == "class":
        return get_lang_class(Pipeline, code)
    if kind == "defaults":
        return get_lang_class(Pipeline, code).Defaults
    return set(language_data(code).stop_words)
