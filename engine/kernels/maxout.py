# SPDX-License-Identifier: Apache-2.0
"""Maxout out of any back end's product: all pieces are computed, then the largest is taken.

    products = inputs @ W.T + b                       one product, pieces side by side
    for row: for output: out = max over pieces of products

A back end that can take the maximum while the sums are still in registers (`vector.linear.VectorMaxout`)
saves writing and reading `nP` times the output; this is for those that cannot, and for shapes that do not
fit. The truth: Thinc's `Maxout` layer, and `einsum` in `tests/engine/kernels/test_backend.py`.
"""

from __future__ import annotations

import numpy as np

from ..jit.loops import jit_fastmath
from .arrays import Floats
from .backend import Backend
from .weights import piece_bias, piece_columns


class ProductMaxout:
    """A maxout map over a back end's `linear`."""

    def __init__(self, weights: Floats, bias: Floats, backend: Backend) -> None:
        """Lay out `weights` `(nO, nP, nI)` and `bias` `(nO, nP)`."""
        self._n_out, self._n_pieces, _ = weights.shape
        self._linear = backend.linear(piece_columns(weights), piece_bias(bias))

    def __call__(self, inputs: Floats) -> Floats:
        """The largest piece of every output. Shape: `(n, nI)` -> `(n, nO)`."""
        out = np.empty((len(inputs), self._n_out), dtype=np.float32)
        _take_largest(self._linear(inputs), self._n_pieces, out)
        return out


@jit_fastmath
def _take_largest(products: Floats, n_pieces: int, out: Floats) -> None:
    """Shape: products `(n, nP * nO)`, one piece after the other."""
    width = out.shape[1]
    for row in range(len(out)):
        for i in range(width):
            best = products[row, i]
            for piece in range(1, n_pieces):
                best = max(best, products[row, piece * width + i])
            out[row, i] = best
