# SPDX-License-Identifier: Apache-2.0
"""Features of a text as functions, by their documented names: `is_punct`, `like_num`, `word_shape`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..vocab.flags import FLAGS
from ..vocab.lexeme_features import shape_of

FUNCTIONS: Mapping[str, Callable[[str], Any]] = {
    **{name.lower(): flag for name, flag in FLAGS.items() if name != "IS_STOP"},
    "lower": str.lower,
    "prefix": lambda string: string[:1],
    "suffix": lambda string: string[-3:],
    "word_shape": shape_of,
}
"""Name -> feature of a text of a language of which nothing is known."""

NAMES = (*FUNCTIONS, "is_stop")


def is_stop(string: str, stops: Collection[str] = ()) -> bool:
    """Whether a text is one of these words, in any case."""
    return string.lower() in stops


def __getattr__(name: str) -> Callable[[str], Any]:
    """One of the functions."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
