# SPDX-License-Identifier: Apache-2.0
"""Float32 products on AVX-512: weights packed once into column blocks, register tiles of eight rows, no copy of the input."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import Floats, Scratch, aligned
from .jit import jit
from .lanes import LANES
from .tiles import TILE_ROWS, first_maximum, product_3

BLOCK = 3 * LANES
"""Columns of a packed block."""

_GROUP = 64
"""Rows that share one pass over a block of weights, so that the weights come from the second cache once for eight tiles."""

_scratch = Scratch()


class Avx512Linear:
    """An affine map over packed weights. Columns past `n_out` have zero weights and a bias that never wins."""

    def __init__(self, weights: Floats, bias: Floats | None) -> None:
        self.n_out, self.n_in = weights.shape
        self.n_blocks = -(-self.n_out // BLOCK)
        self.weights = pack_columns(weights, self.n_blocks * BLOCK)
        self.bias = aligned((self.n_blocks * BLOCK,))
        self.bias[:] = np.float32(-3.0e38)
        self.bias[: self.n_out] = 0.0 if bias is None else bias

    def __call__(self, inputs: Floats) -> Floats:
        """`inputs @ W.T + b`. Shape: `(n, nI)` -> `(n, nO)`, a view of an array with padded columns."""
        out = aligned((max(len(inputs), 1), self.n_blocks * BLOCK))[: len(inputs)]
        spare = _scratch.get("spare", (TILE_ROWS, BLOCK))
        _multiply(np.ascontiguousarray(inputs, dtype=np.float32), self.weights, self.bias, out, spare)
        return out[:, : self.n_out]

    def argmax(self, inputs: Floats) -> npt.NDArray[np.int32]:
        """The first best class of every row. Shape: `(n, nI)` -> `(n,)`."""
        out = np.empty(len(inputs), dtype=np.int32)
        scores = _scratch.get("scores", (TILE_ROWS, self.n_blocks * BLOCK))
        _argmax(np.ascontiguousarray(inputs, dtype=np.float32), self.weights, self.bias, scores, out)
        return out


class Avx512Backend:
    """Float32 tiles of our own; the same sums as any float32 product, in another order."""

    name = "avx512"

    def linear(self, weights: Floats, bias: Floats | None = None) -> Avx512Linear:
        """Pack `weights` `(nO, nI)` and `bias` `(nO,)`."""
        return Avx512Linear(weights, bias)


def pack_columns(weights: Floats, n_columns: int) -> Floats:
    """Weights as blocks of columns, inner dimension first within a block. Shape: `(nO, nI)` -> `(n_blocks, nI, BLOCK)`."""
    n_out, n_in = weights.shape
    wide = np.zeros((n_columns, n_in), dtype=np.float32)
    wide[:n_out] = weights
    packed: Floats = aligned((n_columns // BLOCK, n_in, BLOCK))
    packed[:] = wide.reshape(-1, BLOCK, n_in).transpose(0, 2, 1)
    return packed


@jit
def _multiply(inputs: Floats, weights: Floats, bias: Floats, out: Floats, spare: Floats) -> None:
    n_rows, n_in = inputs.shape
    stride = out.shape[1] * 4
    offsets = np.empty(_GROUP, np.int64)
    for start in range(0, n_rows, _GROUP):
        size = min(_GROUP, n_rows - start)
        for i in range(_GROUP):
            offsets[i] = (start + min(i, size - 1)) * n_in * 4
        for block in range(len(weights)):
            packed, base = weights[block].ctypes.data, bias.ctypes.data + block * BLOCK * 4
            for i in range(0, size, TILE_ROWS):
                at = out.ctypes.data + (start + i) * stride + block * BLOCK * 4
                if i + TILE_ROWS <= size:
                    product_3(inputs.ctypes.data, offsets.ctypes.data + i * 8, packed, n_in, base, at, stride)
                else:
                    product_3(inputs.ctypes.data, offsets.ctypes.data + i * 8, packed, n_in, base, spare.ctypes.data, BLOCK * 4)
                    out[start + i : start + size, block * BLOCK : (block + 1) * BLOCK] = spare[: size - i]


@jit
def _argmax(inputs: Floats, weights: Floats, bias: Floats, scores: Floats, out: npt.NDArray[np.int32]) -> None:
    n_rows, n_in = inputs.shape
    stride = scores.shape[1] * 4
    offsets = np.empty(TILE_ROWS, np.int64)
    for start in range(0, n_rows, TILE_ROWS):
        size = min(TILE_ROWS, n_rows - start)
        for i in range(TILE_ROWS):
            offsets[i] = (start + min(i, size - 1)) * n_in * 4
        for block in range(len(weights)):
            base, at = bias.ctypes.data + block * BLOCK * 4, scores.ctypes.data + block * BLOCK * 4
            product_3(inputs.ctypes.data, offsets.ctypes.data, weights[block].ctypes.data, n_in, base, at, stride)
        for i in range(size):
            out[start + i] = first_maximum(scores.ctypes.data + i * stride, scores.shape[1] // LANES)
