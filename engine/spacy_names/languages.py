# SPDX-License-Identifier: Apache-2.0
"""Documented modules of languages: `lang.de` with `German`, its stop words and rules."""

from __future__ import annotations

from typing import Any

from ..languages import NAMES as LANGUAGES
from ..languages import char_classes, language_data
from ..pipeline.language_classes import get_lang_class
from ..pipeline.pipeline import Pipeline
from ..vocab.flags import flags_of
from . import lex_attrs

PREFIX = "engine.spacy_names.languages:"
CLASS, STOP_WORDS, LIKE_NUM = "class.", "stop_words.", "like_num."

OF_DEFAULTS = {
    "TOKENIZER_PREFIXES": "prefixes",
    "TOKENIZER_SUFFIXES": "suffixes",
    "TOKENIZER_INFIXES": "infixes",
    "TOKENIZER_EXCEPTIONS": "tokenizer_exceptions",
    "BASE_EXCEPTIONS": "tokenizer_exceptions",
    "LEX_ATTRS": "lex_attr_getters",
    "URL_MATCH": "url_match",
}
"""Names that modules of languages document -> where the class's `Defaults` have it."""

FILES = {
    "punctuation": ("TOKENIZER_PREFIXES", "TOKENIZER_SUFFIXES", "TOKENIZER_INFIXES"),
    "tokenizer_exceptions": ("TOKENIZER_EXCEPTIONS", "BASE_EXCEPTIONS", "URL_MATCH"),
    "lex_attrs": ("LEX_ATTRS",),
}
"""Files of a language -> what they hold."""


def language_modules() -> dict[str, dict[str, str]]:
    """Module -> name -> place, for every language."""
    shared = {name: f"{char_classes.__name__}:{name}" for name in char_classes.__all__}
    modules: dict[str, dict[str, str]] = {"lang": {}, "lang.char_classes": shared}
    for file, names in FILES.items():
        modules[f"lang.{file}"] = {name: f"{PREFIX}{name}.xx" for name in names}
    modules["lang.lex_attrs"].update({name: f"{lex_attrs.__name__}:{name}" for name in lex_attrs.NAMES})
    for code, name in LANGUAGES.items():
        defaults = f"{PREFIX}{CLASS}{code}"
        modules[f"lang.{code}"] = {name: defaults, f"{name}Defaults": f"{PREFIX}defaults.{code}"}
        modules[f"lang.{code}.stop_words"] = {"STOP_WORDS": f"{PREFIX}{STOP_WORDS}{code}"}
        for file, names in FILES.items():
            modules[f"lang.{code}.{file}"] = {name: f"{PREFIX}{name}.{code}" for name in names}
        modules[f"lang.{code}.lex_attrs"]["like_num"] = f"{PREFIX}{LIKE_NUM}{code}"
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
    if kind == "like_num":
        return flags_of(code)["LIKE_NUM"]
    if kind in OF_DEFAULTS:
        return getattr(get_lang_class(Pipeline, code).Defaults, OF_DEFAULTS[kind])
    return set(language_data(code).stop_words)
