# SPDX-License-Identifier: Apache-2.0
"""Products of tokens with feature slots, for the stretch of text that each lane of a parser is in.

A lane parses a run of whole documents. Of that run it holds the products of some tokens behind the next unread one and some before
it, in a ring of rows; what a lane holds is filled up tile by tile, many lanes in one pass over the weights. A token from before the
ring, which only long documents have, is multiplied where it is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..jit import fast_jit, jit
from .arc_state import NEXT
from .arrays import Floats, Ints
from .tiles import TILE_ROWS, product_1, product_3

DOC, LAST, ORIGIN, STOP, FILLED = range(5)
"""Places in a row of `lanes`: the document, the run's end by document, its first row, its end, and the first row without products."""

FILL = 8
"""Rows that are filled at a time: whole tiles on every CPU."""

_VECTOR_BYTES = 8 * TILE_ROWS


def runs_of_documents(doc_offsets: Ints, target: int) -> Ints:
    """Where runs of about `target` tokens begin, as document numbers, and the number of documents."""
    out = np.empty(len(doc_offsets), dtype=np.int64)
    return out[: _runs(doc_offsets, target, out)]


@jit
def _runs(doc_offsets: Ints, target: int, out: Ints) -> Any:
    n, begin = 1, 0
    out[0] = 0
    for doc in range(1, len(doc_offsets)):
        if doc_offsets[doc] - doc_offsets[begin] >= target or doc == len(doc_offsets) - 1:
            out[n], begin = doc, doc
            n += 1
    return n


@jit
def plan(lanes: Ints, at: Ints, size: int, keep: int, out: Ints) -> Any:
    """Which `FILL` rows are multiplied next, and where they go: first token and first row of the pool. Shape: out `(n, 2)`."""
    n = 0
    for lane in range(len(lanes)):
        origin, filled = lanes[lane, ORIGIN], lanes[lane, FILLED]
        until = min(lanes[lane, STOP], max(at[lane, NEXT] - keep, origin) + size)
        while filled < until:
            out[n, 0], out[n, 1] = filled, lane * size + (filled - origin) % size
            filled += FILL
            n += 1
        lanes[lane, FILLED] = filled
    return n


@jit
def fill(vectors: Floats, planned: Ints, n: Any, weights: Floats, bias: Floats, products: Floats) -> None:
    """Multiply the planned rows in register tiles.

    Shape: weights `(nF, n_blocks, width, cols)`, bias `(nF, n_blocks, cols)`; products `(nF, n_rows, nP, nO)`.
    """
    n_features, n_blocks, width, cols = weights.shape
    stride, block_bytes = products.shape[2] * products.shape[3] * 4, width * cols * 4
    offsets = np.empty(n * FILL, np.int64)
    for i in range(n * FILL):
        offsets[i] = min(planned[i // FILL, 0] + i % FILL, len(vectors) - 1) * width * 4
    for block in range(n_features * n_blocks):
        packed, base = weights.ctypes.data + block * block_bytes, bias.ctypes.data + block * cols * 4
        plane = products.ctypes.data + block // n_blocks * products.shape[1] * stride + block % n_blocks * cols * 4
        for i in range(0, n * FILL, TILE_ROWS):
            to = plane + (planned[i // FILL, 1] + i % FILL) * stride
            if cols == 3 * _VECTOR_BYTES // 4:
                product_3(vectors.ctypes.data, offsets.ctypes.data + i * 8, packed, width, base, to, stride)
            else:
                product_1(vectors.ctypes.data, offsets.ctypes.data + i * 8, packed, width, base, to, stride)


@jit
def scatter(made: Floats, planned: Ints, n: Any, products: Floats) -> None:
    """Put rows that another back end multiplied to their places. Shape: made `(n * FILL, nF, nP, nO)`."""
    for i in range(n * FILL):
        for feature in range(len(products)):
            products[feature, planned[i // FILL, 1] + i % FILL] = made[i, feature]


@jit
def to_pool(rows: Ints, lane: int, vectors: Floats, products: Floats, lanes: Ints, size: int, lower: Any) -> None:
    """Feature tokens as rows of the pool; behind the lanes' rings it has a row of pads, and one a lane for tokens from before the ring."""
    pads = len(lanes) * size
    origin, oldest = lanes[lane, ORIGIN], lanes[lane, FILLED] - size
    for f in range(len(rows)):
        row = rows[f]
        if row < 0:
            rows[f] = pads
        elif row >= oldest:
            rows[f] = lane * size + (row - origin) % size
        else:
            rows[f] = pads + 1 + lane
            _multiply(vectors[row], lower[1][f], lower[2][f], products[f, pads + 1 + lane])


@fast_jit
def _multiply(vector: Floats, weights: Floats, present: Floats, out: Floats) -> None:
    """One token with one feature slot. Shape: weights `(width, nP, nO)`; present and out `(nP, nO)`."""
    out[:] = present
    for j in range(len(vector)):
        value = vector[j]
        for piece in range(out.shape[0]):
            for i in range(out.shape[1]):
                out[piece, i] += value * weights[j, piece, i]
