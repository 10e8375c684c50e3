# SPDX-License-Identifier: Apache-2.0
"""How many steps a regular expression may take at most, read off its parts: which patterns cannot run
away."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

sre: Any = import_module("re._constants")  # what `re` compiles a pattern from; without types
parser: Any = import_module("re._parser")

LONGEST = 4096
"""Code points of the longest text that a pattern sees: a chunk of the tokenizer, a token."""

ENDLESS = float("inf")
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)


def cost_of(source: str) -> float:
    """An upper bound of the ways in which a search may go through a text of `LONGEST` code points.

    Where one part follows another their ways multiply; a repeat of what can itself be passed in more ways
    than one has no bound. Raises: re.error, RecursionError.
    """
    tree = parser.parse(source)
    anchored = (
        len(tree) > 0 and tree[0][0] is sre.AT and tree[0][1] in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING)
    )
    return _of_sequence(tree) * (1 if anchored else LONGEST)


def may_be_empty(source: str) -> bool:
    """Whether a pattern can match a text without a character."""
    least: int = parser.parse(source).getwidth()[0]
    return not least


def _of_sequence(parts: Iterable[Any]) -> float:
    ways = 1.0
    for kind, value in parts:
        ways *= _of_part(kind, value)
    return ways


def _of_part(kind: Any, value: Any) -> float:
    if kind in _REPEATS:
        return _of_repeat(*value)
    if kind is sre.BRANCH:
        return sum(map(_of_sequence, value[1]))
    if kind is sre.SUBPATTERN:
        return _of_sequence(value[3])
    if kind is sre.ATOMIC_GROUP:
        return _of_sequence(value)
    if kind in (sre.ASSERT, sre.ASSERT_NOT):
        return _of_sequence(value[1])
    if kind is sre.GROUPREF_EXISTS:
        return sum(_of_sequence(each) for each in value[1:] if each)
    return float(LONGEST) if kind is sre.GROUPREF else 1.0


def _of_repeat(least: int, most: int, body: Any) -> float:
    inner = _of_sequence(body)
    counts = min(most, LONGEST) - min(least, LONGEST) + 1
    if inner <= 1:
        return float(counts)
    if most <= 1:
        return inner + 1
    return counts * inner**most if most <= 8 else ENDLESS
