# SPDX-License-Identifier: Apache-2.0
"""From rows per token to one row per document; documents without tokens give zeros."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model, reduce_first, reduce_last, reduce_max, reduce_mean, reduce_sum
from thinc.types import Floats2d, Ragged

REDUCTIONS: dict[str, Callable[[], Model[Ragged, Floats2d]]] = {
    "first": reduce_first,
    "last": reduce_last,
    "max": reduce_max,
    "mean": reduce_mean,
    "sum": reduce_sum,
}


def pool(how: str) -> Model[Ragged, Floats2d]:
    """Thinc's reduction over the documents that have tokens. Shape: `(n_docs, width)`."""
    return Model(f"pool({how})", forward, layers=[REDUCTIONS[how]()])


def forward(model: Model[Ragged, Floats2d], X: Ragged, is_train: bool) -> tuple[Any, Callable[[Any], Ragged]]:
    """Leave documents without tokens out; their rows stay zero."""
    filled = np.flatnonzero(X.lengths)
    rows = np.zeros((len(X.lengths), X.dataXd.shape[1]), dtype=X.dataXd.dtype)
    if not len(filled):
        return rows, lambda d_rows: Ragged(np.zeros_like(X.dataXd), X.lengths)
    pooled, backprop_pooled = model.layers[0](Ragged(X.dataXd, X.lengths[filled]), is_train)
    rows[filled] = pooled
    return rows, lambda d_rows: Ragged(
        backprop_pooled(np.ascontiguousarray(d_rows[filled])).dataXd, X.lengths
    )
