# SPDX-License-Identifier: Apache-2.0
"""An affine map and a maxout map over packed weights.

    argmax: for group in groups of ARGMAX_GROUP rows:
                scores = all blocks of these rows            `packed.multiply_rows`
                out[row] = position of the first maximum     while the scores are still in the first cache

Writing all scores and searching them afterwards would send `n_classes` numbers a token through memory for
one that is kept. The truth: `(inputs @ W.T + b).argmax(axis=1)`, which takes the first of equal scores,
too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...jit.loops import jit
from ..arrays import Floats, Scratch
from .lanes import LANES
from .packed import PRODUCT_1, PRODUCT_3, Packed, multiply_rows, pack_maxout
from .tiles import first_maximum

ARGMAX_GROUP = 16
"""Rows whose scores are made at a time: two tiles; at 370 classes 24 KB, within the first cache."""

_scratch = Scratch()


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
        scores = _scratch.get("scores", (ARGMAX_GROUP, self._packed.out_width))
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


@jit
def _argmax(
    inputs: Floats, kind: int, weights: Floats, bias: Floats, scores: Floats, out: npt.NDArray[np.int32]
) -> None:
    n_rows, n_in = inputs.shape
    stride = scores.shape[1] * 4
    offsets = np.empty(ARGMAX_GROUP, np.int64)
    packed, base = weights.ctypes.data, bias.ctypes.data
    for start in range(0, n_rows, ARGMAX_GROUP):
        size = min(ARGMAX_GROUP, n_rows - start)
        for i in range(ARGMAX_GROUP):
            offsets[i] = (start + min(i, size - 1)) * n_in * 4
        at = scores.ctypes.data
        multiply_rows(
            kind, inputs.ctypes.data, offsets.ctypes.data, size, packed, base, len(weights), n_in, at, stride
        )
        for i in range(size):
            out[start + i] = first_maximum(at + i * stride, scores.shape[1] // LANES)
