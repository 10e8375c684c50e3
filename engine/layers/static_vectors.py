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
from .features import FeatureExtractor
from .ragged import Array

ORTH = "ORTH"

STATIC_VECTORS = "static_vectors"
"""Name of the node within a model; its attribute `table` is what `[initialize] vectors` loads."""


@registry.layers("freshet.StaticVectors.v1")
def StaticVectors(
    nO: int | None = None,
    nM: int | None = None,
    dropout: float | None = None,
    init_W: Callable[..., Any] = glorot_uniform_init,
    key_attr: str | int = "ORTH",
) -> Model[Batch, Any]:
    """Each token's static vector times W^T, without bias; `init_W` draws W.

    Vectors are looked up by `key_attr`, any attribute of tokens; by ORTH, which is the default, by what the
    table has its keys of. Shape: `(n_tokens, nO)`.
    """
    return _static_vectors(nO, nM, dropout, init_W, key_attr, last_for_missing=False)


@registry.layers("freshet.StaticVectorsOrLast.v1")
def StaticVectorsLastForMissing(
    nO: int | None = None,
    nM: int | None = None,
    dropout: float | None = None,
    init_W: Callable[..., Any] = glorot_uniform_init,
    key_attr: str | int = "ORTH",
) -> Model[Batch, Any]:
    """The same, where tokens without a vector have the table's last one: what models of spaCy's first version
    were trained on."""
    return _static_vectors(nO, nM, dropout, init_W, key_attr, last_for_missing=True)


def _static_vectors(
    nO: int | None,
    nM: int | None,
    dropout: float | None,
    init_W: Callable[..., Any],
    key_attr: str | int,
    *,
    last_for_missing: bool,
) -> Model[Batch, Any]:
    attrs = {
        "table": None,
        "dropout_rate": dropout or 0.0,
        "last_for_missing": last_for_missing,
        "key_attr": FeatureExtractor([key_attr]).attrs["columns"][0],
        "init_W": init_W,
    }
    return Model(
        STATIC_VECTORS, forward, init=init, dims={"nO": nO, "nM": nM}, params={"W": None}, attrs=attrs
    )


def init(model: Model[Batch, Any], X: Any = None, Y: Any = None) -> None:
    """Draw W for the width of the table, unless there is one."""
    width = _table(model, X).width
    if model.has_dim("nM") and model.get_dim("nM") != width:
        raise EngineError(
            f"expected static vectors of {model.get_dim('nM')} numbers, as nM says, got some of {width}"
        )
    model.set_dim("nM", width)
    model.set_param("W", model.attrs["init_W"](model.ops, (model.get_dim("nO"), width)))


def forward(model: Model[Batch, Any], batch: Batch, is_train: bool) -> tuple[Array, Callable[[Any], Any]]:
    """Project the rows; one dropout mask over the width for the whole batch while training."""
    W, rows = model.get_param("W"), _rows(model, batch)
    output = model.ops.gemm(rows, W, trans2=True)
    mask = model.ops.get_dropout_mask((output.shape[1],), model.attrs["dropout_rate"]) if is_train else None
    if mask is not None:
        output *= mask

    def backprop(d_output: Any) -> list[Any]:
        d_rows = d_output if mask is None else d_output * mask
        model.inc_grad("W", model.ops.gemm(np.ascontiguousarray(d_rows), rows, trans1=True))
        return []

    return output, backprop


def _rows(model: Model[Batch, Any], batch: Batch) -> Array:
    """The vector of each token. Shape: `(n_tokens, nM)`."""
    table, lexemes = _table(model, batch), batch.lexemes
    lexemes.line.vectors_read = True
    if model.attrs["last_for_missing"]:
        rows: Array = table.rows_or_last(lexemes, batch.lexeme_ids)
    elif model.attrs["key_attr"] == ORTH:
        rows = table.rows(lexemes, batch.lexeme_ids)
    elif hasattr(table, "by_keys"):
        keys = FeatureExtractor([model.attrs["key_attr"]]).predict(batch)[:, 0]
        rows = table.by_keys(np.ascontiguousarray(keys))
    else:
        raise EngineError(
            f"expected a table that knows keys (`by_keys`) for key_attr {model.attrs['key_attr']!r}, got "
            f"{type(table).__name__}; leave key_attr out"
        )
    return rows


def _table(model: Model[Batch, Any], given: Any) -> Any:
    """The table of the vocabulary of a batch, or of documents, else the one that the pipeline gave.

    Raises: EngineError.
    """
    batch = given[0].batch if isinstance(given, list) and given else given
    held = batch.lexemes.line.vectors if hasattr(batch, "lexemes") else None
    table: VectorTable | None = held if held is not None and held.size else model.attrs["table"]
    if table is None or not getattr(table, "size", 1):
        raise EngineError(
            "expected static vectors, as include_static_vectors is true, but none are loaded; set it "
            "to false or load one"
        )
    return table
