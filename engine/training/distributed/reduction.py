# SPDX-License-Identifier: Apache-2.0
"""A sum in one fixed order, whoever adds: a binary tree over the shards of a batch.

Floating-point sums depend on their order. Here the order belongs to the batch, not to the workers: shards 0
to S - 1 are the leaves of one tree, halved again and again, and every inner node is the sum of its left and
its right half. A worker has neighbouring shards; it adds what whole subtrees lie in its range, and sends
their roots. Whoever has all roots adds the rest of the tree. One worker, which has all shards, adds the same
pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

Sum = TypeVar("Sum")
Node = tuple[int, int]
"""A subtree, by its first shard and the one after its last."""


def subtrees_of(start: int, end: int, node: Node) -> list[Node]:
    """The largest subtrees of `node` that lie within shards `start` to `end`, from left to right.

    >>> subtrees_of(0, 3, (0, 4))
    [(0, 2), (2, 3)]
    """
    low, high = node
    if start <= low and high <= end:
        return [node]
    if high <= start or end <= low:
        return []
    middle = (low + high) // 2
    return [*subtrees_of(start, end, (low, middle)), *subtrees_of(start, end, (middle, high))]


def add_tree(node: Node, known: Mapping[Node, Sum | None], plus: Callable[[Sum, Sum], Sum]) -> Sum | None:
    """The sum of a subtree, of the sums of subtrees that are known; None where all of it is empty.

    Raises: KeyError where a leaf is not known.
    """
    if node in known:
        return known[node]
    low, high = node
    if high - low == 1:
        raise KeyError(node)
    middle = (low + high) // 2
    left, right = add_tree((low, middle), known, plus), add_tree((middle, high), known, plus)
    if left is None or right is None:
        return right if left is None else left
    return plus(left, right)
