# SPDX-License-Identifier: Apache-2.0
"""Many phrases as one trie over ids of an attribute, and the loop that finds them in documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit

IntArray = npt.NDArray[np.int64]
UInt64Array = npt.NDArray[np.uint64]


class PhraseTrie:
    """Phrases by their position in the list that they came as. Edges are sorted by (node, id); node 0 is the
    root.

    The root's edges also lie in a hash table, for nearly every token is looked up there.
    """

    def __init__(self, phrases: Iterable[tuple[int, ...]]) -> None:
        children: list[dict[int, int]] = [{}]
        ends: dict[int, int] = {}
        self.phrases: list[int] = []
        for phrase in phrases:
            node = 0
            for value in phrase:
                if value not in children[node]:
                    children[node][value] = len(children)
                    children.append({})
                node = children[node][value]
            self.phrases.append(node)
            ends.setdefault(node, len(ends))
        self.n_ends = len(ends)
        self.end_of = ends
        self._ends = np.full(len(children), -1, dtype=np.int64)
        for node, end in ends.items():
            self._ends[node] = end
        edges = [
            (node, value, child)
            for node, part in enumerate(children)
            for value, child in sorted(part.items())
        ]
        self._offsets = np.cumsum([0, *map(len, children)], dtype=np.int64)
        self._values = np.array([value for _, value, _ in edges], dtype=np.uint64)
        self._children = np.array([child for _, _, child in edges], dtype=np.int64)
        self._slots = _slots(self._values[: len(children[0])])

    def find(self, ids: UInt64Array, bounds: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """End node's number, first row and row behind the last of every phrase found in each stretch of
        `bounds`, by start and end."""
        found: IntArray = _find(
            ids, bounds, self._offsets, self._values, self._children, self._ends, self._slots
        )
        return found[:, 0], found[:, 1], found[:, 2]


def _slots(values: UInt64Array) -> IntArray:
    """Open-addressing table of positions, -1 where empty, for at most half of its slots."""
    size = 8
    while size < 2 * len(values):
        size *= 2
    slots = np.full(size, -1, dtype=np.int64)
    for position, value in enumerate(values.tolist()):
        at = value & (size - 1)
        while slots[at] >= 0:
            at = (at + 1) & (size - 1)
        slots[at] = position
    return slots


@jit
def _find(
    ids: Any, bounds: Any, offsets: Any, values: Any, children: Any, ends: Any, slots: Any
) -> Any:  # pragma: no cover - compiled
    found = np.empty((64, 3), dtype=np.int64)
    n = 0
    mask = np.uint64(len(slots) - 1)
    for part in range(len(bounds) - 1):
        for start in range(bounds[part], bounds[part + 1]):
            slot = ids[start] & mask
            edge = slots[slot]
            while edge >= 0 and values[edge] != ids[start]:
                slot = (slot + np.uint64(1)) & mask
                edge = slots[slot]
            at = start
            while edge >= 0:
                node = children[edge]
                at += 1
                if ends[node] >= 0:
                    if n == len(found):
                        larger = np.empty((2 * n, 3), dtype=np.int64)
                        larger[:n] = found
                        found = larger
                    found[n, 0], found[n, 1], found[n, 2] = ends[node], start, at
                    n += 1
                edge = -1
                low, high = offsets[node], offsets[node + 1]
                if at < bounds[part + 1] and high > low:
                    place = low + np.searchsorted(values[low:high], ids[at])
                    if place < high and values[place] == ids[at]:
                        edge = place
    return found[:n]
