# SPDX-License-Identifier: Apache-2.0
"""The convolutions in split products: windows are neighbouring rows and are never copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..jit.loops import fast_jit
from .arrays import Floats, Scratch
from .convolutions import first_layer, keep_tokens
from .norm import norm_add
from .rows import PaddedRows
from .split import BLOCK, Product, parts, split_rows, split_weights

if TYPE_CHECKING:
    from .cnn import CnnWeights

TILE = 1024
"""Rows of a tile."""

_scratch = Scratch()


def fits_split(weights: CnnWeights) -> bool:
    """Whether windows are whole steps of the tile instructions."""
    return (
        bool(weights.conv)
        and (2 * weights.window + 1) * len(weights.mix_G) % 32 == 0
        and len(weights.mix_G) % 2 == 0
    )


class SplitStack:
    """Layers split once."""

    def __init__(self, weights: CnnWeights, product: Product) -> None:
        """Split the layers of an encoder that `fits_split`."""
        self._window, self._product = weights.window, product
        self._n_pieces = weights.conv[0][0].shape[1]
        self._first_bias = np.ascontiguousarray(weights.conv[0][1].T).reshape(-1)
        self._norms = [
            (np.ascontiguousarray(gain), np.ascontiguousarray(shift)) for _, _, gain, shift in weights.conv
        ]
        pieces_first = [
            (np.ascontiguousarray(W.swapaxes(0, 1)).reshape(-1, W.shape[2]), b)
            for W, b, _, _ in weights.conv[1:]
        ]
        self._layers = [(split_weights(W), np.ascontiguousarray(b.T).reshape(-1)) for W, b in pieces_first]

    def run(self, table: Floats, rows: PaddedRows, out: Floats) -> None:
        """Fill `out` `(n_tokens, width)` from table rows."""
        for start in range(0, rows.n_rows, TILE):
            self._run_tile(table, rows, start, min(start + TILE, rows.n_rows), out)

    def _run_tile(self, table: Floats, rows: PaddedRows, start: int, end: int, out: Floats) -> None:
        """All layers over one tile; each layer gives `window` rows less at either side than the one
        before."""
        window, width = self._window, out.shape[1]
        halo = window * len(self._layers)
        vectors = np.empty((end - start + 2 * halo, width), dtype=np.float32)
        first_layer(
            table,
            rows.slots,
            start - halo,
            window,
            self._n_pieces,
            self._first_bias,
            *self._norms[0],
            vectors,
        )
        for (weights, bias), norm in zip(self._layers, self._norms[1:], strict=True):
            n_rows = len(vectors) - 2 * window
            whole_rows = -(-n_rows // BLOCK) * BLOCK
            high, low = parts(whole_rows + 2 * window, width)
            split_rows(vectors, high, low)
            products = _scratch.get("products", (whole_rows, len(weights.high)))
            self._product(high, low, weights, products)
            layer_out = np.empty((n_rows, width), dtype=np.float32)
            _finish(products, bias, self._n_pieces, *norm, vectors[window : window + n_rows], layer_out)
            vectors = layer_out
        keep_tokens(vectors, rows.token[start:end], out)


@fast_jit
def _finish(
    products: Floats, bias: Floats, n_pieces: int, gain: Floats, shift: Floats, inputs: Floats, out: Floats
) -> None:
    """Maximum over pieces with their bias, layer norm, plus the layer's input, row by row."""
    width = out.shape[1]
    for row in range(len(out)):
        for i in range(width):
            best = products[row, i] + bias[i]
            for piece in range(1, n_pieces):
                best = max(best, products[row, piece * width + i] + bias[piece * width + i])
            out[row, i] = best
        norm_add(out, row, gain, shift, inputs, row, out, row)
