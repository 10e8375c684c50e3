# SPDX-License-Identifier: Apache-2.0
"""`DEFAULT_TAGGER_MODEL` and its like: the block of a model that a component gets whose config names none."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ..config.default_values import function_defaults
from ..config.registry import registry

FACTORIES: Mapping[str, str] = {
    "DEFAULT_EDIT_TREE_LEMMATIZER_MODEL": "trainable_lemmatizer",
    "DEFAULT_MORPH_MODEL": "morphologizer",
    "DEFAULT_MULTI_TEXTCAT_MODEL": "textcat_multilabel",
    "DEFAULT_NEL_MODEL": "entity_linker",
    "DEFAULT_NER_MODEL": "ner",
    "DEFAULT_PARSER_MODEL": "parser",
    "DEFAULT_SENTER_MODEL": "senter",
    "DEFAULT_SINGLE_TEXTCAT_MODEL": "textcat",
    "DEFAULT_SPANCAT_MODEL": "spancat",
    "DEFAULT_SPANCAT_SINGLELABEL_MODEL": "spancat_singlelabel",
    "DEFAULT_SPAN_FINDER_MODEL": "span_finder",
    "DEFAULT_TAGGER_MODEL": "tagger",
    "DEFAULT_TOK2VEC_MODEL": "tok2vec",
}
"""Documented name of a block, and the factory whose model it is."""


def __getattr__(name: str) -> Any:
    """A new copy of a block, in documented names."""
    if name not in FACTORIES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    function = registry.get("factories", FACTORIES[name])
    return deepcopy(function_defaults(function)["model"])
