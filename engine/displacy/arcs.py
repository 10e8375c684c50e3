# SPDX-License-Identifier: Apache-2.0
"""Arcs of a dependency tree, and the height at which each is drawn so that none runs into another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arc:
    """From a head to its dependent, both as positions within the sentence."""

    head: int
    child: int
    label: str

    @property
    def left(self) -> int:
        """The end further left."""
        return min(self.head, self.child)

    @property
    def right(self) -> int:
        """The end further right."""
        return max(self.head, self.child)


def arcs_of(heads: Sequence[int], labels: Sequence[str], start: int = 0) -> list[Arc]:
    """The arcs of the tokens from `start` on, given their heads in the document; roots and heads outside have
    none."""
    end = start + len(heads)
    pairs = (
        (i, head - start, label)
        for i, (head, label) in enumerate(zip(heads, labels, strict=True))
        if start <= head < end
    )
    return [Arc(head, i, label) for i, head, label in pairs if head != i]


def levels_of(arcs: Sequence[Arc]) -> list[int]:
    """The level of each arc from 1 on: above all shorter arcs that it spans or crosses, so that none runs
    along another.

    >>> levels_of(arcs_of([1, 1, 3, 1], ["nsubj", "ROOT", "det", "obj"]))
    [1, 1, 2]
    """
    levels = [0] * len(arcs)
    tops = [0] * max((arc.right for arc in arcs), default=0)
    for i in sorted(range(len(arcs)), key=lambda i: (arcs[i].right - arcs[i].left, arcs[i].left)):
        gaps = slice(arcs[i].left, arcs[i].right)
        levels[i] = 1 + max(tops[gaps])
        tops[gaps] = [levels[i]] * (gaps.stop - gaps.start)
    return levels
