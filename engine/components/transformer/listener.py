# SPDX-License-Identifier: Apache-2.0
"""Layers by which heads read an encoder's rows, one vector a token, and send their gradients back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from ...config.registry import registry
from ...doc.batch import Batch
from ...errors import EngineError
from ...layers.listener import PIECE_LISTENERS, check_factor, factor_of, wants_shapes_only
from ...transformer import Reducer, TokenRows, gather, scatter
from .piece_output import PieceOutput

FloatArray = npt.NDArray[np.float32]
Backprop = Callable[[FloatArray], FloatArray]

LISTENER = PIECE_LISTENERS[0]
PLAIN = frozenset(Reducer)


@registry.architectures("spacy-transformers.TransformerListener.v1")
def TransformerListener(
    pooling: Model[Ragged, Floats2d], grad_factor: Any = 1.0, upstream: str = "*"
) -> Model[Batch, Floats2d]:
    """Read the rows of a `transformer` before this head, pooled to one vector a token.

    `pooling` is `reduce_mean.v1` or another of Thinc's reductions, or a model of one's own; tokens without
    pieces get zeros. `grad_factor`: a number, or a schedule that moves on with every backward pass;
    `upstream`: the name of a component, `*` for the nearest one.
    """
    check_factor(grad_factor)
    return Model(
        LISTENER,
        forward,
        layers=[pooling],
        dims={"nO": None},
        attrs={"upstream": upstream, "source": None, "grad_factor": grad_factor},
    )


registry.architectures("spacy-transformers.Tok2VecListener.v1")(TransformerListener)  # its name in 2020


def forward(
    model: Model[Batch, Floats2d], batch: Batch, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Any]]:
    """Vectors of the last layer, and a backward pass that adds to the rows' gradient."""
    output = output_of(model, batch)
    if output is None:
        return no_vectors(model, batch)
    vectors, backprop_pooling = pooled(model.layers[0], output, is_train)
    if not model.has_dim("nO"):
        model.set_dim("nO", vectors.shape[1])

    def backprop(d_vectors: Floats2d) -> list[Any]:
        add_gradient(model, batch, output, backprop_pooling(np.asarray(d_vectors)))
        return []

    return vectors, backprop


def output_of(model: Model[Batch, Floats2d], batch: Batch) -> PieceOutput | None:
    """What the model's source left on the batch; None where only shapes are asked for.

    Raises: EngineError where it did not run.
    """
    source = model.attrs["source"]
    output = batch.pieces.get(source)
    if output is None and not wants_shapes_only():
        known = ", ".join(batch.pieces) or "none"
        raise EngineError(
            f"expected the output of the transformer {source!r} on the batch, there are: {known}; run that "
            "component first (a frozen one has to be among annotating_components)"
        )
    if output is not None and not isinstance(output, PieceOutput):
        raise EngineError(f"expected rows of pieces of {source!r}, got {type(output).__name__}")
    return output


def no_vectors(model: Model[Batch, Floats2d], batch: Batch) -> tuple[FloatArray, Callable[[Any], Any]]:
    """Zeros where only shapes are asked for."""
    width = model.get_dim("nO") if model.has_dim("nO") else 1
    return np.zeros((batch.n_tokens, width), dtype=np.float32), lambda d_vectors: []


def add_gradient(
    model: Model[Batch, Floats2d], batch: Batch, output: PieceOutput, d_rows: FloatArray, layer: int = -1
) -> None:
    """Add the gradient of a layer's rows to the sum that the transformer gets back."""
    factor = factor_of(model.attrs["grad_factor"])
    d_rows = d_rows if factor == 1.0 else d_rows * np.float32(factor)
    output.loss.append(float(np.vdot(d_rows, d_rows)))
    source = model.attrs["source"]
    batch.add_grad(source if layer == -1 else _layer_name(source, layer), d_rows)


def take_gradients(
    source: str, batch: Batch, output: PieceOutput
) -> tuple[FloatArray | None, list[FloatArray | None] | None]:
    """The sums that listeners left for a source, off the batch: of the last layer, and of each where all are
    kept."""
    last = batch.grads.pop(source, None)
    if not output.keeps_layers:
        return last, None
    return last, [batch.grads.pop(_layer_name(source, k), None) for k in range(output.n_layers)]


def _layer_name(source: str, layer: int) -> str:
    """What the gradient of one layer is called on a batch."""
    return f"{source}\0{layer}"


def pooled(
    pooling: Model[Ragged, Floats2d], output: PieceOutput, is_train: bool, layer: int = -1
) -> tuple[FloatArray, Backprop]:
    """One vector a token: by our reductions where they are Thinc's, else by the given layer."""
    if pooling.name in PLAIN:
        return output.vectors(Reducer(pooling.name), layer)
    if output.is_streamed and not is_train:
        vectors = output.streamed(lambda rows, alignment: pool_by(pooling, rows, alignment, False)[0])
        return vectors, lambda d_vectors: pool_by(pooling, output.rows, output.alignment, True)[1](d_vectors)
    return pool_by(pooling, output.layer(layer), output.alignment, is_train)


def pool_by(
    pooling: Model[Ragged, Floats2d], rows: FloatArray, alignment: TokenRows, is_train: bool
) -> tuple[FloatArray, Backprop]:
    """By a layer of somebody's own, which only sees tokens that have rows."""
    lengths = alignment.lengths.astype(np.int32)
    filled = np.flatnonzero(lengths)
    ragged = Ragged(gather(rows, alignment), lengths[filled])
    if not len(filled):
        width = pooling.get_dim("nO") if pooling.has_dim("nO") else rows.shape[1]
        return np.zeros((len(lengths), width), dtype=np.float32), lambda d_vectors: np.zeros_like(rows)
    found, backprop_found = pooling(ragged, is_train)
    vectors = np.zeros((len(lengths), found.shape[1]), dtype=np.float32)
    vectors[filled] = found

    def backprop(d_vectors: FloatArray) -> FloatArray:
        d_ragged = backprop_found(np.ascontiguousarray(d_vectors[filled]))
        return scatter(d_ragged.dataXd, alignment, len(rows))

    return vectors, backprop
