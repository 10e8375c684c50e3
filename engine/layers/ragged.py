# SPDX-License-Identifier: Apache-2.0
"""Between token rows of a whole batch and rows with document lengths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from ..doc.batch import Batch

Array = npt.NDArray[Any]


def lengths_of(batch: Batch) -> Array:
    """Tokens per document, int32 as Thinc wants it."""
    return np.diff(batch.doc_offsets).astype(np.int32)


def with_lengths(layer: Model[Batch, Floats2d]) -> Model[Batch, Ragged]:
    """A layer's rows together with the documents' lengths."""
    dims = {
        name: layer.get_dim(name) if layer.has_dim(name) else None
        for name in ("nO",)
        if layer.has_dim(name) is not False
    }
    return Model(
        f"with_lengths({layer.name})", _forward_lengths, init=_init_lengths, layers=[layer], dims=dims
    )


def ragged_data() -> Model[Ragged, Floats2d]:
    """The rows alone, lengths dropped."""
    return Model("ragged_data", _forward_data)


def _init_lengths(model: Model[Batch, Ragged], X: Batch | None = None, Y: Any = None) -> None:
    layer = model.layers[0]
    layer.initialize(X=X)
    if layer.has_dim("nO") and model.has_dim("nO") is not False:
        model.set_dim("nO", layer.get_dim("nO"))


def _forward_lengths(
    model: Model[Batch, Ragged], batch: Batch, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Any]]:
    rows, backprop = model.layers[0](batch, is_train)
    return Ragged(rows, lengths_of(batch)), lambda d_ragged: backprop(d_ragged.dataXd)


def _forward_data(
    model: Model[Ragged, Floats2d], ragged: Ragged, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Ragged]]:
    return ragged.dataXd, lambda d_rows: Ragged(d_rows, ragged.lengths)
