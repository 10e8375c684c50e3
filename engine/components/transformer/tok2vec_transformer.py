# SPDX-License-Identifier: Apache-2.0
"""An encoder of a head's own, in place of a listener."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from ...config.registry import registry
from ...doc.batch import Batch
from ...layers.late_parts import TAKES_PLACE
from ...layers.listener import check_factor, factor_of
from .listener import pooled
from .span_getters import SpanGetter
from .transformer_model import TransformerModel, copy_part

NAME = "tok2vec-transformer"


@registry.architectures("spacy-transformers.Tok2VecTransformer.v1")
def Tok2VecTransformer_v1(
    name: str,
    get_spans: SpanGetter,
    tokenizer_config: dict[str, Any],
    pooling: Model[Ragged, Floats2d],
    grad_factor: Any = 1.0,
) -> Model[Batch, Floats2d]:
    """See `Tok2VecTransformer`."""
    return Tok2VecTransformer(TransformerModel(name, get_spans, tokenizer_config), pooling, grad_factor)


@registry.architectures("spacy-transformers.Tok2VecTransformer.v2")
def Tok2VecTransformer_v2(
    name: str,
    get_spans: SpanGetter,
    tokenizer_config: dict[str, Any],
    pooling: Model[Ragged, Floats2d],
    grad_factor: Any = 1.0,
    transformer_config: dict[str, Any] = {},  # noqa: B006  # configs show it
) -> Model[Batch, Floats2d]:
    """See `Tok2VecTransformer`."""
    model = TransformerModel(name, get_spans, tokenizer_config, transformer_config)
    return Tok2VecTransformer(model, pooling, grad_factor)


@registry.architectures("spacy-transformers.Tok2VecTransformer.v3")
def Tok2VecTransformer_v3(
    name: str,
    get_spans: SpanGetter,
    tokenizer_config: dict[str, Any],
    pooling: Model[Ragged, Floats2d],
    grad_factor: Any = 1.0,
    transformer_config: dict[str, Any] = {},  # noqa: B006
    mixed_precision: bool = False,
    grad_scaler_config: dict[str, Any] = {},  # noqa: B006
) -> Model[Batch, Floats2d]:
    """See `Tok2VecTransformer`."""
    model = TransformerModel(
        name, get_spans, tokenizer_config, transformer_config, mixed_precision, grad_scaler_config
    )
    return Tok2VecTransformer(model, pooling, grad_factor)


def Tok2VecTransformer(
    transformer: Model[Any, Any], pooling: Model[Ragged, Floats2d], grad_factor: Any = 1.0
) -> Model[Batch, Floats2d]:
    """Vectors of an encoder that no other head reads; its gradient is taken times `grad_factor`.

    Shape: `(n_tokens, width)`.
    """
    check_factor(grad_factor)
    return Model(
        NAME,
        forward,
        init=init,
        layers=[transformer, pooling],
        dims={"nO": None},
        attrs={"grad_factor": grad_factor, TAKES_PLACE: take_place},
    )


def init(model: Model[Any, Any], X: Any = None, Y: Any = None) -> None:
    """Read the encoder."""
    transformer = model.layers[0]
    transformer.initialize(X=X)
    if transformer.has_dim("nO"):
        model.set_dim("nO", transformer.get_dim("nO"), force=True)


def forward(
    model: Model[Any, Any], batch: Batch, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Any]]:
    """Encode the batch, and pool."""
    transformer, pooling = model.layers
    output, backprop_encoder = transformer(batch, is_train)
    vectors, backprop_pooling = pooled(pooling, output, is_train)

    def backprop(d_vectors: Floats2d) -> list[Any]:
        factor = np.float32(factor_of(model.attrs["grad_factor"]))
        backprop_encoder(backprop_pooling(np.asarray(d_vectors)) * factor)
        return []

    return vectors, backprop


def take_place(model: Model[Any, Any], listener: Model[Any, Any], shared: Model[Any, Any]) -> None:
    """Take copies of the shared encoder's weights and of what the listener pools by."""
    copy_part(shared, model.layers[0])
    copy_params(listener.layers[-1], model.layers[1])
    if shared.has_dim("nO"):
        model.set_dim("nO", shared.get_dim("nO"), force=True)


def copy_params(source: Model[Any, Any], target: Model[Any, Any]) -> None:
    """Copy the parameters of a tree of layers to one of the same shape."""
    for ours, theirs in zip(target.walk(), source.walk(), strict=True):
        for name in theirs.param_names:
            if theirs.has_param(name):
                ours.set_param(name, np.array(theirs.get_param(name)))
