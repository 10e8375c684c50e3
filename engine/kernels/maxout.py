# SPDX-License-Identifier: Apache-2.0
"""Maxout over any back end: a product, then the maximum over the pieces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..jit.loops import fast_jit
from .arrays import Floats
from .backend import Backend, Linear
from .vector.packed import VectorBackend, VectorMaxout, fits_maxout

Maxout = Callable[[Floats], Floats]
"""Shape: `(n, nI)` -> `(n, nO)`."""


def make_maxout(weights: Floats, bias: Floats, backend: Backend) -> Maxout:
    """A maxout map over fixed weights. Shape: weights `(nO, nP, nI)`, bias `(nO, nP)`."""
    n_out, n_pieces, _ = weights.shape
    if isinstance(backend, VectorBackend) and fits_maxout(n_out, n_pieces):
        return VectorMaxout(weights, bias)
    return _ProductMaxout(weights, bias, backend)


class _ProductMaxout:
    def __init__(self, weights: Floats, bias: Floats, backend: Backend) -> None:
        self._n_out, self._n_pieces, n_in = weights.shape
        columns = np.ascontiguousarray(weights.swapaxes(0, 1)).reshape(-1, n_in)
        self._linear: Linear = backend.linear(columns, np.ascontiguousarray(bias.T).reshape(-1))

    def __call__(self, inputs: Floats) -> Floats:
        out = np.empty((len(inputs), self._n_out), dtype=np.float32)
        _largest(self._linear(inputs), self._n_pieces, out)
        return out


@fast_jit
def _largest(products: Floats, n_pieces: int, out: Floats) -> None:
    """Shape: products `(n, nP * nO)`, one piece after the other."""
    width = out.shape[1]
    for row in range(len(out)):
        for i in range(width):
            best = products[row, i]
            for piece in range(1, n_pieces):
                best = max(best, products[row, piece * width + i])
            out[row, i] = best
