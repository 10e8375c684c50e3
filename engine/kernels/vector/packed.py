# SPDX-License-Identifier: Apache-2.0
"""Float32 products on AVX-512 or AVX2: weights packed once into column blocks, sums in register tiles, no
copy of the input."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...jit.loops import jit
from ..arrays import Floats, Scratch, aligned
from .lanes import LANES, VECTOR_BYTES
from .tiles import TILE_ROWS, first_maximum, maxout_2, maxout_3, product_1, product_3

NAMES = {16: "avx512", 8: "avx2"}
"""Name of the back end by the length of its vectors."""

PRODUCT_1, PRODUCT_3, MAXOUT_2, MAXOUT_3 = 1, 3, 12, 13
"""Kinds of tile: one or three vectors of columns, or the maximum over two or three pieces."""

GROUP = 64
"""Rows that share one pass over the weights, so that a block comes from the second cache once for eight
tiles."""

_ARGMAX_GROUP = 16
_LOWEST = np.float32(-3.0e38)
_scratch = Scratch()


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
        self.weights = aligned((self.n_blocks, self.n_in, self.cols * LANES))
        self.weights[:] = wide.reshape(self.n_blocks, -1, self.n_in).transpose(0, 2, 1)
        self.bias = aligned((self.n_blocks, self.cols * LANES))
        self.bias[:] = _LOWEST
        self.bias.reshape(-1)[: len(bias)] = bias
        self.out_width = self.n_blocks * LANES * (self.cols if kind < 10 else 1)

    def multiply(self, inputs: Floats) -> Floats:
        """The map of all rows. Shape: `(n, nI)` -> `(n, out_width)`."""
        out = aligned((-(-len(inputs) // TILE_ROWS) * TILE_ROWS, self.out_width))
        _multiply(np.ascontiguousarray(inputs, dtype=np.float32), self.kind, self.weights, self.bias, out)
        return out[: len(inputs)]


class VectorLinear:
    """An affine map in float32 tiles."""

    def __init__(self, weights: Floats, bias: Floats | None) -> None:
        """Pack `weights` `(nO, nI)` and `bias` `(nO,)`."""
        self.n_out = len(weights)
        kind = PRODUCT_1 if self.n_out <= LANES else PRODUCT_3
        self._packed = Packed(kind, weights, np.zeros(self.n_out, dtype=np.float32) if bias is None else bias)

    def __call__(self, inputs: Floats) -> Floats:
        """`inputs @ W.T + b`. Shape: `(n, nI)` -> `(n, nO)`, a view of an array with padded columns."""
        return self._packed.multiply(inputs)[:, : self.n_out]

    def argmax(self, inputs: Floats) -> npt.NDArray[np.int32]:
        """The first best class of every row. Shape: `(n, nI)` -> `(n,)`."""
        out = np.empty(len(inputs), dtype=np.int32)
        scores = _scratch.get("scores", (_ARGMAX_GROUP, self._packed.out_width))
        _argmax(
            np.ascontiguousarray(inputs, dtype=np.float32),
            self._packed.kind,
            self._packed.weights,
            self._packed.bias,
            scores,
            out,
        )
        return out


class VectorMaxout:
    """A maxout map of two or three pieces; the maximum is taken in registers."""

    def __init__(self, weights: Floats, bias: Floats) -> None:
        """Pack `weights` `(nO, nP, nI)` and `bias` `(nO, nP)`; nO a multiple of `LANES`."""
        self.packed = pack_maxout(weights, bias)

    def __call__(self, inputs: Floats) -> Floats:
        """The largest piece of every output. Shape: `(n, nI)` -> `(n, nO)`."""
        return self.packed.multiply(inputs)


def fits_maxout(n_out: int, n_pieces: int) -> bool:
    """Whether the tiles know such a maxout."""
    return n_out % LANES == 0 and n_pieces in (2, 3)


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


@jit
def _argmax(
    inputs: Floats, kind: int, weights: Floats, bias: Floats, scores: Floats, out: npt.NDArray[np.int32]
) -> None:
    n_rows, n_in = inputs.shape
    stride = scores.shape[1] * 4
    offsets = np.empty(_ARGMAX_GROUP, np.int64)
    packed, base = weights.ctypes.data, bias.ctypes.data
    for start in range(0, n_rows, _ARGMAX_GROUP):
        size = min(_ARGMAX_GROUP, n_rows - start)
        for i in range(_ARGMAX_GROUP):
            offsets[i] = (start + min(i, size - 1)) * n_in * 4
        at = scores.ctypes.data
        multiply_rows(
            kind, inputs.ctypes.data, offsets.ctypes.data, size, packed, base, len(weights), n_in, at, stride
        )
        for i in range(size):
            out[start + i] = first_maximum(at + i * stride, scores.shape[1] // LANES)


class VectorBackend:
    """Float32 tiles of our own; the same sums as any float32 product, in another order. Its name is the CPU's
    instruction set."""

    name = NAMES[LANES]

    def linear(self, weights: Floats, bias: Floats | None = None) -> VectorLinear:
        """Pack `weights` `(nO, nI)` and `bias` `(nO,)`."""
        return VectorLinear(weights, bias)
