# SPDX-License-Identifier: Apache-2.0
"""The convolutions over any back end: strips of rows small enough for the caches, each layer one product.

    for strip in strips of STRIP padded rows:
        vectors = first layer, from table rows                    strip + halo on either side
        for layer in later layers:
            windows = neighbouring rows of vectors end to end     a copy, the price of asking for one product
            vectors = norm(maxout(windows)) + vectors             `window` rows less on either side
        out[tokens] = vectors

The halo is computed twice, `window * (depth - 1)` rows at either end of a strip (6 in 1,024), so that strips
need nothing of each other. `vector.fused_stack` does the same without the copy, on shapes that fit it: 1.8
times the whole pipeline's speed. The truth: `tests/engine/kernels/encoders.py` in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit, jit_fastmath
from .arrays import Floats, Scratch
from .backend import Maxout
from .norm import norm_add, norm_add_rows
from .padded_rows import PaddedRows
from .weights import CnnWeights, piece_bias

STRIP = 1024
"""Rows of a strip. At width 96 its input takes 0.4 MB, its windows and its product 1.2 MB each: within the
second and third cache. Longer ones would read the windows from memory, shorter ones compute more halo."""

_scratch = Scratch()


class ProductStack:
    """Layers as a first layer from table rows, then `maxout of windows -> layer norm -> + input` each."""

    def __init__(self, weights: CnnWeights, make_maxout: Callable[[Floats, Floats], Maxout]) -> None:
        """Lay out the layers; `make_maxout` is a back end's."""
        self._window = weights.window
        self._norms = [
            (np.ascontiguousarray(gain), np.ascontiguousarray(shift)) for _, _, gain, shift in weights.conv
        ]
        self._n_pieces = weights.conv[0][0].shape[1] if weights.conv else 1
        self._first_bias = piece_bias(weights.conv[0][1]) if weights.conv else np.zeros(0, dtype=np.float32)
        self._maxouts = [make_maxout(W, b) for W, b, _, _ in weights.conv[1:]]

    def run(self, table: Floats, rows: PaddedRows, out: Floats) -> None:
        """Fill `out` `(n_tokens, width)` from table rows."""
        for start in range(0, rows.n_rows, STRIP):
            self._run_strip(table, rows, start, min(start + STRIP, rows.n_rows), out)

    def _run_strip(self, table: Floats, rows: PaddedRows, start: int, end: int, out: Floats) -> None:
        """All layers over one strip; each layer gives `window` rows less at either side than the one
        before."""
        window, width = self._window, out.shape[1]
        halo = window * len(self._maxouts)
        vectors = np.empty((end - start + 2 * halo, width), dtype=np.float32)
        bias, norm = self._first_bias, self._norms[0]
        _first_layer(table, rows.slots, start - halo, window, self._n_pieces, bias, *norm, vectors)
        for maxout, (gain, shift) in zip(self._maxouts, self._norms[1:], strict=True):
            n_rows = len(vectors) - 2 * window
            windows = _scratch.get("windows", (n_rows, (2 * window + 1) * width))
            _unfold(vectors, windows)
            layer_out = np.empty((n_rows, width), dtype=np.float32)
            norm_add_rows(maxout(windows), gain, shift, vectors[window : window + n_rows], layer_out)
            vectors = layer_out
        _keep_tokens(vectors, rows.token[start:end], out)


@jit_fastmath
def _first_layer(
    table: Floats,
    slots: npt.NDArray[np.int32],
    start: int,
    window: int,
    n_pieces: int,
    bias: Floats,
    gain: Floats,
    shift: Floats,
    out: Floats,
) -> None:
    """The first layer of rows `start` on; rows outside the batch count as padding."""
    width = out.shape[1]
    sums = np.empty(n_pieces * width, np.float32)
    for row in range(len(out)):
        sums[:] = bias
        for position in range(2 * window + 1):
            slot = _slot(slots, start + row + position - window)
            for i in range(len(sums)):
                sums[i] += table[slot, width + position * n_pieces * width + i]
        for i in range(width):
            best = sums[i]
            for piece in range(1, n_pieces):
                best = max(best, sums[piece * width + i])
            out[row, i] = best
        norm_add(out, row, gain, shift, table, _slot(slots, start + row), out, row)


@jit
def _slot(slots: npt.NDArray[np.int32], row: int) -> Any:
    return slots[row] if 0 <= row < len(slots) else np.int32(0)


@jit
def _unfold(vectors: Floats, windows: Floats) -> None:
    """Each row of `windows` is a run of neighbouring rows of `vectors`, end to end."""
    flat = vectors.reshape(-1)
    for row in range(len(windows)):
        windows[row] = flat[row * vectors.shape[1] : row * vectors.shape[1] + windows.shape[1]]


@jit
def _keep_tokens(vectors: Floats, token: npt.NDArray[np.int32], out: Floats) -> None:
    """Copy the rows of tokens to their places; padding rows have token -1."""
    for row in range(len(token)):
        if token[row] >= 0:
            out[token[row]] = vectors[row]
