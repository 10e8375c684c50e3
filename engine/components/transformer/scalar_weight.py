# SPDX-License-Identifier: Apache-2.0
"""Several layers of an encoder as one: a learned weighted mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model

from ...config.registry import registry
from ...errors import EngineError
from .transformer_model import check_scaler

FloatArray = npt.NDArray[np.float32]

NAME, WEIGHTS, SCALE = "scalar_weight", "layer_weights", "scale"


@registry.architectures("spacy-curated-transformers.ScalarWeight.v1")
def ScalarWeight(
    num_layers: int,
    dropout_prob: float = 0.1,
    mixed_precision: bool = False,
    grad_scaler_config: dict[str, Any] = {},  # noqa: B006  # configs show it
) -> Model[list[FloatArray], FloatArray]:
    """The mean of `num_layers` layers and the embeddings, each as much as was learned, times a learned scale.

    `dropout_prob`: how often a layer is left out while training. Weights are few: `mixed_precision` changes
    nothing.
    Source: D. Kondratyuk, M. Straka, 75 Languages, 1 Model, 2019.
    """
    check_scaler(grad_scaler_config)
    params = {WEIGHTS: np.zeros(num_layers + 1, np.float32), SCALE: np.ones(1, np.float32)}
    return Model(NAME, forward, params=params, attrs={"dropout_prob": dropout_prob})


def forward(
    model: Model[Any, Any], layers: Sequence[FloatArray], is_train: bool
) -> tuple[FloatArray, Callable[[FloatArray], list[FloatArray]]]:
    """One array of the layers'. Shape: `n_layers + 1` times `(n, width)`; `(n, width)`."""
    scale = model.get_param(SCALE)
    if len(layers) != len(model.get_param(WEIGHTS)):
        raise EngineError(
            f"ScalarWeight: expected num_layers to be that of the encoder, {len(layers) - 1}, got "
            f"{len(model.get_param(WEIGHTS)) - 1}"
        )
    shares = _shares(model, is_train)
    mean = np.einsum("k,knw->nw", shares, np.stack(layers)) if len(layers[0]) else layers[0] * 0

    def backprop(d_vectors: FloatArray) -> list[FloatArray]:
        d_mean = np.asarray(d_vectors) * scale[0]
        d_shares = np.array([np.vdot(d_mean, layer) for layer in layers], dtype=np.float32)
        model.inc_grad(WEIGHTS, shares * (d_shares - np.dot(shares, d_shares)))
        model.inc_grad(SCALE, np.array([np.vdot(d_vectors, mean)], dtype=np.float32))
        return [share * d_mean for share in shares]

    return (mean * scale[0]).astype(np.float32), backprop


def _shares(model: Model[Any, Any], is_train: bool) -> FloatArray:
    """How much each layer counts; all add up to 1."""
    weights = model.get_param(WEIGHTS)
    rate = float(model.attrs["dropout_prob"])
    if is_train and rate > 0:
        kept = np.random.random_sample(len(weights)) >= rate
        weights = np.where(kept | ~kept.any(), weights, -np.inf)
    powers = np.exp(weights - weights.max())
    shares: FloatArray = (powers / powers.sum()).astype(np.float32)
    return shares
