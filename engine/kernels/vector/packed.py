# SPDX-License-Identifier: Apache-2.0
"""Weights packed once into column blocks, and the product over them: sums in register tiles, no copy of the
input.

    for group in groups of GROUP rows:                                    rows by byte offset
        for block in column blocks:                                       weights of a block lie in one run
            for i in steps of TILE_ROWS rows:
                out[i, block] = tile(inputs[i], weights[block], bias[block])     `tiles`: sums in registers

A block is as many columns as a tile has (one, two or three vectors), inner dimension first, so the tile's
inner loop reads it front to back. Without the groups every tile of rows would read all weights again from
the second cache. The truth: `inputs @ W.T + b`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...jit.loops import jit
from ..arrays import Floats, allocate
from .lanes import LANES, VECTOR_BYTES
from .tiles import TILE_ROWS, maxout_2, maxout_3, product_1, product_3

PRODUCT_1, PRODUCT_3, MAXOUT_2, MAXOUT_3 = 1, 3, 12, 13
"""Kinds of tile: one or three vectors of columns, or the maximum over two or three pieces. The last digit
is the number of vectors."""

GROUP = 64
"""Rows that share one pass over the weights: a block (18 KB at 96 inputs) comes from the second cache once
for eight tiles, and the rows of a group (24 KB) fit the first."""

_LOWEST = np.float32(-3.0e38)


class Packed:
    """Weights and bias as blocks of `cols` vectors, inner dimension first within a block.

    Columns past the given ones have zero weights and a bias that never wins a maximum.
    Shape: columns `(n_columns, nI)` in the order of the blocks -> weights `(n_blocks, nI, cols * LANES)`,
    bias `(n_blocks, cols * LANES)`.
    """

    def __init__(self, kind: int, columns: Floats, bias: Floats) -> None:
        """Pack the columns of one map for one kind of tile."""
        self.kind, self.cols = kind, kind % 10
        self.n_in = columns.shape[1]
        self.n_blocks = -(-len(columns) // (self.cols * LANES))
        wide = np.zeros((self.n_blocks * self.cols * LANES, self.n_in), dtype=np.float32)
        wide[: len(columns)] = columns
        self.weights = allocate((self.n_blocks, self.n_in, self.cols * LANES))
        self.weights[:] = wide.reshape(self.n_blocks, -1, self.n_in).transpose(0, 2, 1)
        self.bias = allocate((self.n_blocks, self.cols * LANES))
        self.bias[:] = _LOWEST
        self.bias.reshape(-1)[: len(bias)] = bias
        self.out_width = self.n_blocks * LANES * (self.cols if kind < 10 else 1)

    def multiply(self, inputs: Floats) -> Floats:
        """The map of all rows. Shape: `(n, nI)` -> `(n, out_width)`."""
        out = allocate((-(-len(inputs) // TILE_ROWS) * TILE_ROWS, self.out_width))
        _multiply(np.ascontiguousarray(inputs, dtype=np.float32), self.kind, self.weights, self.bias, out)
        return out[: len(inputs)]


def pack_maxout(weights: Floats, bias: Floats) -> Packed:
    """A maxout's weights `(nO, nP, nI)` and bias `(nO, nP)`, the pieces of `LANES` outputs side by side."""
    _, n_pieces, n_in = weights.shape
    columns = weights.reshape(-1, LANES, n_pieces, n_in).transpose(0, 2, 1, 3).reshape(-1, n_in)
    return Packed(10 + n_pieces, columns, bias.reshape(-1, LANES, n_pieces).transpose(0, 2, 1).reshape(-1))


@jit
def multiply_rows(
    kind: int,
    inputs: Any,
    offsets: Any,
    n_rows: int,
    weights: Any,
    bias: Any,
    n_blocks: int,
    n_in: int,
    out: Any,
    stride: int,
) -> None:
    """All blocks for `n_rows` rows, which are rounded up to whole tiles; everything but counts is an address
    or in bytes."""
    cols = kind % 10
    step = VECTOR_BYTES * (cols if kind < 10 else 1)
    for block in range(n_blocks):
        packed, base = weights + block * n_in * cols * VECTOR_BYTES, bias + block * cols * VECTOR_BYTES
        for i in range(0, n_rows, TILE_ROWS):
            rows, at = offsets + i * 8, out + i * stride + block * step
            if kind == MAXOUT_3:
                maxout_3(inputs, rows, packed, n_in, base, at, stride)
            elif kind == PRODUCT_3:
                product_3(inputs, rows, packed, n_in, base, at, stride)
            elif kind == MAXOUT_2:
                maxout_2(inputs, rows, packed, n_in, base, at, stride)
            else:
                product_1(inputs, rows, packed, n_in, base, at, stride)


@jit
def _multiply(inputs: Floats, kind: int, weights: Floats, bias: Floats, out: Floats) -> None:
    n_rows, n_in = inputs.shape
    stride = out.shape[1] * 4
    offsets = np.empty(GROUP, np.int64)
    packed, base = weights.ctypes.data, bias.ctypes.data
    for start in range(0, n_rows, GROUP):
        size = min(GROUP, n_rows - start)
        for i in range(GROUP):
            offsets[i] = (start + min(i, size - 1)) * n_in * 4
        at = out.ctypes.data + start * stride
        multiply_rows(
            kind, inputs.ctypes.data, offsets.ctypes.data, size, packed, base, len(weights), n_in, at, stride
        )
