# SPDX-License-Identifier: Apache-2.0
"""The first layer of a transition model: a sum of per-token products, which are computed once per token."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from thinc.api import Model, glorot_uniform_init
from thinc.types import Floats2d

from ..config.registry import registry
from .ragged import Array

StateInput = tuple[Floats2d, Array]
"""Token vectors `(n_tokens, nI)`, and the feature tokens `(n_states, nF)` of each state, -1 where missing."""


@registry.layers("freshet.PrecomputableAffine.v1")
def precomputable_affine(
    nO: int | None, nI: int | None, nF: int, nP: int, dropout: float = 0.1
) -> Model[StateInput, Floats2d]:
    """State vectors: the sum over slots f of W[f] . token[f], or pad[f] where the token is missing, plus b;
    maximum over pieces.

    With one piece the state vectors pass through relu in training only, and as they are at prediction.
    Shape: `(n_states, nO)`.
    """
    dims = {"nO": nO, "nI": nI, "nF": nF, "nP": nP}
    params = {"W": None, "b": None, "pad": None}
    return Model(
        "precomputable_affine", forward, init=init, dims=dims, params=params, attrs={"dropout_rate": dropout}
    )


def init(model: Model[StateInput, Floats2d], X: Any = None, Y: Any = None) -> None:
    """Draw the weights; bias zero, pad from a small normal distribution."""
    nO, nI, nF, nP = (model.get_dim(name) for name in ("nO", "nI", "nF", "nP"))
    model.set_param("W", glorot_uniform_init(model.ops, (nF, nO, nP, nI)))
    model.set_param("b", model.ops.alloc2f(nO, nP))
    model.set_param("pad", np.random.normal(0.0, 0.01, (1, nF, nO, nP)).astype("float32"))


def forward(
    model: Model[StateInput, Floats2d], X: StateInput, is_train: bool
) -> tuple[Any, Callable[[Any], Any]]:
    """Products of every token with every slot in one matrix product, then a sum over slots per state."""
    if is_train and model.get_dim("nP") > 1 and model._params.proxy is None:
        found: tuple[Any, Callable[[Any], Any]] = import_module(f"{__package__}.state_update").forward(
            model, X
        )
        return found
    tokens, features = X
    W, b, pad = (model.get_param(name) for name in ("W", "b", "pad"))
    nF, nO, nP, nI = W.shape
    flat_W = W.reshape(nF * nO * nP, nI)
    products = model.ops.gemm(tokens, flat_W, trans2=True).reshape(-1, nF, nO, nP)
    sums = np.broadcast_to(b, (len(features), nO, nP)).copy()
    for f in range(nF):
        sums += _slot(products[:, f], pad[0, f], features[:, f])
    output, which = model.ops.maxout(sums)
    positive = output > 0 if nP == 1 and is_train else None
    mask = model.ops.get_dropout_mask(output.shape, model.attrs["dropout_rate"]) if is_train else None
    output = output if positive is None else output * positive
    output = output if mask is None else output * mask

    def backprop(d_output: Any) -> Any:
        d_output = d_output if mask is None else d_output * mask
        d_output = d_output if positive is None else d_output * positive
        d_sums = model.ops.backprop_maxout(np.ascontiguousarray(d_output), which, nP)
        model.inc_grad("b", d_sums.sum(axis=0))
        d_products = np.zeros((len(tokens), nF, nO, nP), dtype=tokens.dtype)
        d_pad = np.zeros_like(pad)
        for f in range(nF):
            d_pad[0, f] = _backprop_slot(d_products[:, f], d_sums, features[:, f])
        model.inc_grad("pad", d_pad)
        d_flat = d_products.reshape(len(tokens), -1)
        model.inc_grad("W", model.ops.gemm(d_flat, tokens, trans1=True).reshape(W.shape))
        return model.ops.gemm(d_flat, flat_W)

    return output, backprop


def _slot(products: Array, pad: Array, tokens: Array) -> Array:
    if len(products) == 0:
        return np.broadcast_to(pad, (len(tokens), *pad.shape))
    values: Array = products[tokens]
    values[tokens < 0] = pad
    return values


def _backprop_slot(d_products: Array, d_sums: Array, tokens: Array) -> Array:
    """Add the states' gradients to their tokens; returns the gradient of the slot's pad."""
    there = tokens >= 0
    if len(np.unique(tokens[there])) == int(there.sum()):
        d_products[tokens[there]] += d_sums[there]
    else:
        np.add.at(d_products, tokens[there], d_sums[there])
    d_pad: Array = d_sums[~there].sum(axis=0)
    return d_pad
