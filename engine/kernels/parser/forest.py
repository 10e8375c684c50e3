# SPDX-License-Identifier: Apache-2.0
"""Trees out of arcs, for whole batches.

    for document:
        tokens without head become roots
        edges = left and right edge of every subtree: pass edges up to heads, forwards and backwards,
                until sentences do not overlap (at most MAX_ROUNDS times)
        where labels are decorated (`label||head label`): the token moves to the first descendant of its
                head with the wanted label, breadth first; then edges again
        starts = 1 at the left edge of each root

The truth: `deprojectivize` of `engine.doc.projectivity`, `edges_of` and `sentence_starts` of
`engine.doc.tree`, document by document in plain Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...doc.tree import MAX_ROUNDS
from ...jit.loops import jit
from ..arrays import Ints


def finish_trees(
    heads: Ints,
    labels: Ints,
    doc_offsets: Ints,
    is_space: npt.NDArray[np.bool_],
    root: int,
    label_parts: tuple[Ints, Ints],
) -> tuple[Ints, npt.NDArray[np.int8]]:
    """Make trees of arcs, in place; gives heads as positions in their documents, and sentence starts.

    Tokens without head become roots with the label `root`. Decorated labels are put back: `label_parts` is
    each label's own part and the label wanted of the head, -1 where a label is plain.
    Shape: heads, labels `(n_tokens,)` int32, rows and ids.
    """
    starts = np.empty(len(heads), dtype=np.int8)
    positions = np.empty(len(heads), dtype=np.int32)
    bounds = np.ascontiguousarray(doc_offsets, dtype=np.int64)
    edges = np.empty((2, len(heads)), dtype=np.int32)
    spaces = np.ascontiguousarray(is_space, dtype=np.bool_)
    _finish(heads, labels, bounds, spaces, root, *label_parts, edges, starts, positions)
    return positions, starts


@jit
def _finish(
    heads: Ints,
    labels: Ints,
    doc_offsets: Ints,
    is_space: Any,
    root: int,
    own: Ints,
    wanted: Ints,
    edges: Ints,
    starts: Any,
    positions: Ints,
) -> None:
    for doc in range(len(doc_offsets) - 1):
        first, end = doc_offsets[doc], doc_offsets[doc + 1]
        decorated = False
        for i in range(first, end):
            if heads[i] < 0:
                heads[i], labels[i] = i, root
            decorated = decorated or own[labels[i]] >= 0
        _edges(heads, first, end, edges, starts)
        if decorated:
            queue = np.empty(end - first, np.int64)
            for i in range(first, end):
                if own[labels[i]] >= 0:
                    heads[i] = _below(i, wanted[labels[i]], heads, labels, is_space, edges, queue)
                    labels[i] = own[labels[i]]
            _edges(heads, first, end, edges, starts)
        for i in range(first, end):
            positions[i] = heads[i] - first


@jit
def _edges(heads: Ints, first: Any, end: Any, edges: Ints, starts: Any) -> None:
    """Edges of all subtrees, and 1 at the left edge of each root's."""
    for i in range(first, end):
        edges[0, i], edges[1, i] = i, i
    for _ in range(MAX_ROUNDS):
        for i in range(first, end):
            _pass_up(i, heads, edges)
        for i in range(end - 1, first - 1, -1):
            _pass_up(i, heads, edges)
        starts[first:end] = -1
        for i in range(first, end):
            if heads[i] == i:
                starts[edges[0, i]] = 1
        if _within_sentences(heads, first, end, starts):
            break


@jit
def _pass_up(i: Any, heads: Ints, edges: Ints) -> None:
    edges[0, heads[i]] = min(edges[0, heads[i]], edges[0, i])
    edges[1, heads[i]] = max(edges[1, heads[i]], edges[1, i])


@jit
def _within_sentences(heads: Ints, first: Any, end: Any, starts: Any) -> bool:
    """Whether no head stands before its token's sentence or after it; the last token is not asked."""
    begin = first
    furthest = first
    for i in range(first, end):
        if starts[i] == 1 and i > first:
            if furthest >= i:
                return False
            begin = i
        if heads[i] < begin and i < end - 1:
            return False
        furthest = max(furthest, heads[i])
    return True


@jit
def _below(token: Any, label: Any, heads: Ints, labels: Ints, is_space: Any, edges: Ints, queue: Ints) -> Any:
    """The first descendant of a token's head, breadth first, with this label; the head itself where there is
    none."""
    queue[0] = heads[token]
    taken, size = 0, 1
    while taken < size:
        node = queue[taken]
        taken += 1
        for child in range(edges[0, node], edges[1, node] + 1):
            if child in (node, token) or heads[child] != node or is_space[child]:
                continue
            if labels[child] == label:
                return np.int64(child)
            queue[size] = child
            size += 1
    return np.int64(heads[token])
