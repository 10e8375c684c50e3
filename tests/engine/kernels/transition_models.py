# SPDX-License-Identifier: Apache-2.0
"""Random weights of recognisers and parsers, and their scores as the formulas say them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.decoders import NerActions, ParserActions
from engine.kernels import TransitionWeights


def random_transition_weights(
    actions: NerActions | ParserActions, seed: int, n_features: int, n_pieces: int, upper: bool
) -> TransitionWeights:
    """Random weights whose scores are far enough apart to survive float32."""
    rng = np.random.default_rng(seed)
    n_hidden = 32 if upper else actions.n_actions

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    linear = (draw(16, 24), draw(16))
    lower = (
        draw(n_features, n_hidden, n_pieces, 16),
        draw(n_hidden, n_pieces),
        draw(n_features, n_hidden, n_pieces),
    )
    top = (draw(actions.n_actions, n_hidden), draw(actions.n_actions)) if upper else (None, None)
    return TransitionWeights(*linear, *lower, *top, actions.move_ids, actions.label_ids)


def plain_scores(weights: TransitionWeights, vectors: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Scores of one state, straight from the formulas in float64."""
    tokens = vectors.astype(np.float64) @ weights.linear_W.T + weights.linear_b
    products = np.einsum("nh,foph->nfop", tokens, weights.lower_W)

    def score(features: np.ndarray) -> np.ndarray:
        state = weights.lower_b.astype(np.float64)
        for f, token in enumerate(features.tolist()):
            state = state + (weights.lower_pad[f] if token < 0 else products[token, f])
        hidden = state.max(axis=1)
        return hidden if weights.upper_W is None else weights.upper_W @ hidden + weights.upper_b

    return score
