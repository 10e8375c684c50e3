# SPDX-License-Identifier: Apache-2.0
"""What entity recogniser and parser share: a transition model seen from one state."""

from __future__ import annotations

from typing import Any

import numpy as np
from thinc.api import Model

from ..decoders import ScoreState
from ..decoders.beam import ScoreStates
from ..doc.batch import Batch
from .component import Array


def n_features_of(model: Model[Any, Any]) -> int:
    """Feature tokens of a state."""
    n_features: int = model.get_ref("lower").get_dim("nF")
    return n_features


def state_scorer(model: Model[Any, Any], batch: Batch) -> ScoreState:
    """Scores of one state after another by the reference layers, the token vectors computed once."""
    tokens = model.get_ref("tok2vec").predict(batch)

    def score(features: Array) -> Array:
        there = features >= 0
        slots = np.where(there, np.cumsum(there) - 1, -1)
        hidden = model.get_ref("lower").predict((tokens[features[there]], slots[None]))
        scores: Array = model.get_ref("upper").predict(hidden)[0] if model.attrs["has_upper"] else hidden[0]
        return scores

    return score


def states_scorer(model: Model[Any, Any], tokens: Array) -> ScoreStates:
    """Scores of many states at once, as training and beam search see them: with one piece the state vectors
    pass through relu. Shape: tokens `(n_tokens, width)`, the vectors that the lower layer reads."""
    lower = model.get_ref("lower")
    W, b, pad = (lower.get_param(name) for name in ("W", "b", "pad"))
    n_features, n_out, n_pieces, width = W.shape
    products = model.ops.gemm(tokens, W.reshape(-1, width), trans2=True)
    padded = np.concatenate([products.reshape(-1, n_features, n_out, n_pieces), pad])
    upper = model.get_ref("upper") if model.attrs["has_upper"] else None

    def score(features: Array) -> Array:
        sums = np.broadcast_to(b, (len(features), n_out, n_pieces)).copy()
        for slot in range(n_features):
            sums += padded[features[:, slot], slot]  # -1, a missing token, is the last row: the pad
        hidden: Array = sums.max(axis=2)
        hidden = np.maximum(hidden, 0.0) if n_pieces == 1 else hidden
        return hidden if upper is None else np.asarray(upper.predict(hidden))

    return score
