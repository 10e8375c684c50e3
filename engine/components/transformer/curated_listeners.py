# SPDX-License-Identifier: Apache-2.0
"""Listeners of the curated family: of the last layer, of all layers, of a weighted mean of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from ...config.registry import registry
from ...doc.batch import Batch
from ...errors import EngineError
from ...layers.listener import PIECE_LISTENERS, check_factor, factor_of
from .listener import add_gradient, forward, no_vectors, output_of, pooled
from .piece_output import PieceOutput

FloatArray = npt.NDArray[np.float32]

_, LAST, ALL, WEIGHTED = PIECE_LISTENERS
READ_ALL = frozenset({ALL, WEIGHTED})
"""Names of listeners that need all layers of the encoder."""


@registry.architectures("spacy-curated-transformers.LastTransformerLayerListener.v1")
def LastTransformerLayerListener(
    width: int, pooling: Model[Ragged, Floats2d], upstream: str = "*", grad_factor: Any = 1.0
) -> Model[Batch, Floats2d]:
    """The last layer, pooled to one vector a token. Shape: `(n_tokens, width)`."""
    return _listener(LAST, forward, width, [pooling], upstream, grad_factor)


@registry.architectures("spacy-curated-transformers.TransformerLayersListener.v1")
def TransformerLayersListener(
    layers: int, width: int, pooling: Model[Ragged, Floats2d], upstream: str = "*", grad_factor: Any = 1.0
) -> Model[Batch, list[Floats2d]]:
    """The embeddings and each of `layers` layers, pooled. Shape: `layers + 1` times `(n_tokens, width)`."""
    model = _listener(ALL, forward_layers, width, [pooling], upstream, grad_factor)
    model.attrs["n_layers"] = layers
    return model


@registry.architectures("spacy-curated-transformers.ScalarWeightingListener.v1")
def ScalarWeightingListener(
    width: int,
    weighting: Model[list[FloatArray], FloatArray],
    pooling: Model[Ragged, Floats2d],
    upstream: str = "*",
    grad_factor: Any = 1.0,
) -> Model[Batch, Floats2d]:
    """A weighted mean of all layers, pooled to one vector a token. Shape: `(n_tokens, width)`."""
    return _listener(WEIGHTED, forward_weighted, width, [weighting, pooling], upstream, grad_factor)


def _listener(
    name: str,
    function: Callable[..., Any],
    width: int,
    layers: Sequence[Model[Any, Any]],
    upstream: str,
    grad_factor: Any,
) -> Model[Any, Any]:
    check_factor(grad_factor)
    attrs = {"upstream": upstream, "source": None, "grad_factor": grad_factor}
    return Model(name, function, layers=layers, dims={"nO": width}, attrs=attrs)


def forward_layers(
    model: Model[Any, Any], batch: Batch, is_train: bool
) -> tuple[list[FloatArray], Callable[[Sequence[FloatArray]], Any]]:
    """All layers, each pooled by itself."""
    output = _all_layers(model, batch)
    if output is None:
        zeros, backprop_zeros = no_vectors(model, batch)
        return [zeros] * (model.attrs["n_layers"] + 1), backprop_zeros
    if output.n_layers != model.attrs["n_layers"] + 1:
        raise EngineError(
            f"expected an encoder of {model.attrs['n_layers']} layers, as its listener says, got one of "
            f"{output.n_layers - 1}"
        )
    found = [pooled(model.layers[0], output, is_train, layer) for layer in range(output.n_layers)]

    def backprop(d_vectors: Sequence[FloatArray]) -> list[Any]:
        with _OneFactor(model):
            for layer, (d_layer, (_, back)) in enumerate(zip(d_vectors, found, strict=True)):
                add_gradient(model, batch, output, back(np.asarray(d_layer)), layer)
        return []

    return [vectors for vectors, _ in found], backprop


def forward_weighted(
    model: Model[Any, Any], batch: Batch, is_train: bool
) -> tuple[FloatArray, Callable[[FloatArray], Any]]:
    """Layers weighted, then pooled: rows of pieces are few where several heads read them, tokens are not."""
    output = _all_layers(model, batch)
    if output is None:
        return no_vectors(model, batch)
    weighting, pooling = model.layers
    rows, backprop_weighting = weighting([output.layer(k) for k in range(output.n_layers)], is_train)
    mixed = output.of_rows(rows)
    vectors, backprop_pooling = pooled(pooling, mixed, is_train)

    def backprop(d_vectors: FloatArray) -> list[Any]:
        d_layers = backprop_weighting(backprop_pooling(np.asarray(d_vectors)))
        with _OneFactor(model):
            for layer, d_rows in enumerate(d_layers):
                add_gradient(model, batch, output, d_rows, layer)
        return []

    return vectors, backprop


def _all_layers(model: Model[Any, Any], batch: Batch) -> PieceOutput | None:
    """What the source left on the batch. Raises: EngineError where it keeps the last layer alone."""
    output = output_of(model, batch)
    if output is not None and not output.keeps_layers:
        raise EngineError(
            f"expected all layers of {model.attrs['source']!r} for {model.name}, it keeps the last one "
            "alone; "
            "write all_layer_outputs = true in its section"
        )
    return output


class _OneFactor:
    """Inside, a schedule of `grad_factor` moves on once for all layers."""

    def __init__(self, model: Model[Any, Any]) -> None:
        self.model, self.schedule = model, model.attrs["grad_factor"]

    def __enter__(self) -> None:
        self.model.attrs["grad_factor"] = factor_of(self.schedule)

    def __exit__(self, *error: object) -> None:
        self.model.attrs["grad_factor"] = self.schedule
