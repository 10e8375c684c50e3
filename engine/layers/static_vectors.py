# SPDX-License-Identifier: Apache-2.0
"""The layer that projects a table of vectors trained elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model, glorot_uniform_init

from ..config.registry import registry
from ..doc.batch import Batch
from ..errors import EngineError
from ..vectors import VectorTable
from .ragged import Array

STATIC_VECTORS = "static_vectors"
"""Name of the node within a model; its attribute `table` is what `[initialize] vectors` loads."""


@registry.layers("freshet.StaticVectors.v1")
def StaticVectors(
    nO: int | None = None, nM: int | None = None, dropout: float | None = None
) -> Model[Batch, Any]:
    """Each token's static vector times W^T, without bias. Shape: `(n_tokens, nO)`."""
    return _static_vectors(nO, nM, dropout, last_for_missing=False)


@registry.layers("freshet.StaticVectorsOrLast.v1")
def StaticVectorsLastForMissing(
    nO: int | None = None, nM: int | None = None, dropout: float | None = None
) -> Model[Batch, Any]:
    """The same, where tokens without a vector have the table's last one: what models of spaCy's first version
    were trained on."""
    return _static_vectors(nO, nM, dropout, last_for_missing=True)


def _static_vectors(
    nO: int | None, nM: int | None, dropout: float | None, *, last_for_missing: bool
) -> Model[Batch, Any]:
    attrs = {"table": None, "dropout_rate": dropout or 0.0, "last_for_missing": last_for_missing}
    return Model(
        STATIC_VECTORS, forward, init=init, dims={"nO": nO, "nM": nM}, params={"W": None}, attrs=attrs
    )


def init(model: Model[Batch, Any], X: Batch | None = None, Y: Any = None) -> None:
    """Draw W for the width of the table."""
    model.set_dim("nM", _table(model).width)
    model.set_param("W", glorot_uniform_init(model.ops, (model.get_dim("nO"), model.get_dim("nM"))))


def forward(model: Model[Batch, Any], batch: Batch, is_train: bool) -> tuple[Array, Callable[[Any], Any]]:
    """Project the rows; one dropout mask over the width for the whole batch while training."""
    table, W = _table(model), model.get_param("W")
    rows_of = table.rows_or_last if model.attrs["last_for_missing"] else table.rows
    rows = rows_of(batch.lexemes, batch.lexeme_ids)
    output = model.ops.gemm(rows, W, trans2=True)
    mask = model.ops.get_dropout_mask((output.shape[1],), model.attrs["dropout_rate"]) if is_train else None
    if mask is not None:
        output *= mask

    def backprop(d_output: Any) -> list[Any]:
        d_rows = d_output if mask is None else d_output * mask
        model.inc_grad("W", model.ops.gemm(np.ascontiguousarray(d_rows), rows, trans1=True))
        return []

    return output, backprop


def _table(model: Model[Batch, Any]) -> VectorTable:
    table: VectorTable | None = model.attrs["table"]
    if table is None:
        raise EngineError(
            "expected static vectors, as include_static_vectors is true, but none are loaded; set it "
            "to false or load one"
        )
    return table
