# SPDX-License-Identifier: Apache-2.0
"""Which of overlapping matches of one rule stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

Greedy = Literal["FIRST", "LONGEST"]
GREEDY: tuple[Greedy, ...] = ("FIRST", "LONGEST")

Found = TypeVar("Found", bound=tuple[int, ...])


def without_overlaps(matches: Sequence[Found], greedy: Greedy) -> list[Found]:
    """Matches `(rule, start, end, ...)` of which none overlap: the first or the longest win.

    >>> without_overlaps([(7, 0, 2), (7, 1, 4)], "LONGEST")
    [(7, 1, 4)]
    """
    rank = (lambda m: (m[1], m[1] - m[2])) if greedy == "FIRST" else (lambda m: (m[1] - m[2], m[1]))
    taken: set[int] = set()
    kept: list[Found] = []
    for match in sorted(matches, key=rank):
        tokens = range(match[1], match[2])
        if taken.isdisjoint(tokens):
            kept.append(match)
            taken.update(tokens)
    return kept
