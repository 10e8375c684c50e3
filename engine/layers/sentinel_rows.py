# SPDX-License-Identifier: Apache-2.0
"""Rows of zeros around documents, so that a window never sees the neighbours in the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from .ragged import Array


def with_padding(layer: Model[Floats2d, Floats2d], pad: int) -> Model[Ragged, Ragged]:
    """Run a layer over one array with `pad` zero rows before each non-empty document and after the last.

    The padding rows run through the whole layer as any others: they are zero only at its input.
    Source: Thinc, layers/with_array.py (`pad`).
    """
    dims = {name: layer.get_dim(name) if layer.has_dim(name) else None for name in ("nO", "nI")}
    return Model(
        f"with_padding({layer.name})", forward, init=init, layers=[layer], dims=dims, attrs={"pad": pad}
    )


def padded_rows(lengths: Array, pad: int) -> tuple[Array, int]:
    """Row of each token within the padded array, and how many rows that has."""
    filled = lengths > 0
    before = np.cumsum(filled) * pad
    n_rows = int(lengths.sum()) + (int(filled.sum()) + 1) * pad
    return np.arange(int(lengths.sum())) + np.repeat(before, lengths), n_rows


def forward(
    model: Model[Ragged, Ragged], X: Ragged, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Ragged]]:
    """Spread the rows, run the layer, take the rows back."""
    layer = model.layers[0]
    rows, n_rows = padded_rows(X.lengths, model.attrs["pad"])
    padded = np.zeros((n_rows, X.dataXd.shape[1]), dtype=X.dataXd.dtype)
    padded[rows] = X.dataXd
    output, backprop_layer = layer(padded, is_train)

    def backprop(dY: Ragged) -> Ragged:
        d_padded = np.zeros((n_rows, output.shape[1]), dtype=output.dtype)
        d_padded[rows] = dY.dataXd
        return Ragged(backprop_layer(d_padded)[rows], X.lengths)

    return Ragged(output[rows], X.lengths), backprop


def init(model: Model[Ragged, Ragged], X: Ragged | None = None, Y: Any = None) -> None:
    """Let the layer see the rows."""
    layer = model.layers[0]
    layer.initialize(X=None if X is None else X.dataXd)
    for name in ("nO", "nI"):
        if layer.has_dim(name):
            model.set_dim(name, layer.get_dim(name))
