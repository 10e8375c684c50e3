# SPDX-License-Identifier: Apache-2.0
"""Trees with arcs that cross others: such arcs lifted before a parser learns them, and put back in what it
predicts.

Source: Nivre and Nilsson 2005, "Pseudo-projective dependency parsing"; head encoding.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from .tree import edges_of

DELIMITER = "||"
"""Between the label of an arc that was lifted and the label of the head that it came from."""


def deprojectivize(
    heads: Sequence[int], labels: Sequence[str], is_space: Sequence[bool]
) -> tuple[list[int], list[str]]:
    """Heads and labels without decoration: each decorated arc is moved to the nearest token below its head
    with the wanted label."""
    new_heads, new_labels = list(heads), list(labels)
    edges = edges_of(heads)
    for i in range(len(heads)):
        own, mark, wanted = new_labels[i].partition(DELIMITER)
        if mark:
            new_heads[i] = _below(i, wanted, new_heads, new_labels, is_space, edges)
            new_labels[i] = own
    return new_heads, new_labels


def _below(
    token: int,
    wanted: str,
    heads: Sequence[int],
    labels: Sequence[str],
    is_space: Sequence[bool],
    edges: tuple[list[int], list[int]],
) -> int:
    """The first descendant of the token's head, breadth first, with this label; the head itself where there
    is none."""
    queue = deque([heads[token]])
    while queue:
        node = queue.popleft()
        for child in _children(node, heads, edges):
            if is_space[child] or child == token:
                continue
            if labels[child] == wanted:
                return child
            queue.append(child)
    return heads[token]


def _children(node: int, heads: Sequence[int], edges: tuple[list[int], list[int]]) -> Iterator[int]:
    """Children within the edges of a token's subtree, left ones, then right ones."""
    left, right = edges
    return (i for i in range(left[node], right[node] + 1) if i != node and heads[i] == node)


def projectivize(heads: Sequence[int], labels: Sequence[str]) -> tuple[list[int], list[str]]:
    """Heads without crossing arcs, and labels that say how to put them back.

    Again and again the shortest arc that crosses others (the leftmost of these) is lifted to its head's head.
    """
    new = list(heads)
    if not _may_cross(new):
        return new, list(labels)
    while (token := _shortest_crossing(new)) is not None:
        new[token] = new[new[token]] if new[new[token]] != new[token] else token
    decorated = [
        label if new[i] == heads[i] else f"{label}{DELIMITER}{labels[heads[i]]}"
        for i, label in enumerate(labels)
    ]
    return new, decorated


def _may_cross(heads: Sequence[int]) -> bool:
    """Whether arcs cross others or pass over a root: in one pass over all arcs, where no head is unknown.

    Each root counts as hanging on something left of the first token. Arcs by their left ends, longer ones
    first: one that reaches beyond the innermost that is still open crosses it.
    """
    if min(heads, default=0) < 0:
        return True
    arcs = [(-1, -i) if head == i else (i, -head) if i < head else (head, -i) for i, head in enumerate(heads)]
    arcs.sort()
    open_ends: list[int] = []
    for start, minus_end in arcs:
        while open_ends and open_ends[-1] <= start:
            open_ends.pop()
        if open_ends and -minus_end > open_ends[-1]:
            return True
        open_ends.append(-minus_end)
    return False


def _shortest_crossing(heads: Sequence[int]) -> int | None:
    crossing = [i for i, head in enumerate(heads) if head >= 0 and not _is_projective(i, heads)]
    return min(crossing, key=lambda i: (abs(heads[i] - i), i), default=None)


def _is_projective(token: int, heads: Sequence[int]) -> bool:
    """Whether every token between this one and its head descends from that head, as far as is known."""
    head = heads[token]
    low, high = min(token, head), max(token, head)
    return all(_descends(i, head, heads) for i in range(low + 1, high))


def _descends(token: int, ancestor: int, heads: Sequence[int]) -> bool:
    for _ in range(len(heads)):
        if token == ancestor:
            return True
        if heads[token] < 0:
            return True
        if heads[token] == token:
            return False
        token = heads[token]
    return False
