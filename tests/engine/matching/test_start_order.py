# SPDX-License-Identifier: Apache-2.0
"""Patterns that begin at one token are found by value or tried one by one, and end in the order they have."""

from __future__ import annotations

from typing import Any

import pytest

from engine import Matcher, blank

TEXT = "a bb a ccc bb a dddd a"


def pattern_of(number: int) -> dict[str, Any]:
    """By value, by another attribute's value, by several, and by a predicate, in turn."""
    length = 1 + number % 4
    kinds: list[dict[str, Any]] = [
        {"LOWER": "abcd"[number % 4] * length},
        {"LENGTH": {">=": length}},
        {"LENGTH": length, "LOWER": {"IN": ["a", "ccc"]}},
        {"SHAPE": "x" * length, "LOWER": {"NOT_IN": ["bb"]}},
        {"OP": "!", "ORTH": "a"},
    ]
    return kinds[number % 5]


@pytest.mark.parametrize("n_patterns", [3, 16, 17, 60, 300])
def test_patterns_of_one_token_come_out_in_their_order(n_patterns: int) -> None:
    """As each of them alone, token by token, however many begin at one token."""
    doc = blank("en")(TEXT)
    together, wanted = Matcher(), []
    for number in range(n_patterns):
        together.add(str(number), [[pattern_of(number)]])
        alone = Matcher()
        alone.add(str(number), [[pattern_of(number)]])
        wanted += [(start, number) for _, start, _ in alone(doc)]
    found = [(start, int(together.key(key))) for key, start, _ in together(doc)]
    assert found == sorted(wanted)
    assert len(found) > n_patterns // 2
