# SPDX-License-Identifier: Apache-2.0
"""Scores of a step inside an entity.

    state  = bias
    for slot: state += present[slot] + vectors[token of slot] @ lower[slot]     missing[slot] without token
    scores = upper_bias + (largest pieces of state) @ upper

Only steps inside an entity get here, a small part of all; each knows its tokens only when it is reached, so
it is one row after another, inputs outside and outputs inside, which the compiler turns into vector code.
The truth: `decoders.ner_decoder` over the layers' scores.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...jit.loops import jit, jit_fastmath
from ..arrays import Floats, Ints
from ..weights import TransitionWeights, merge_layers, piece_bias


class NerModel(NamedTuple):
    """Weights and actions of a recogniser, laid out for a loop over one row.

    Shape: lower `(nF, width, nP * nO)`, the two affine layers merged, inputs first; present `(nF, nP *
    nO)`, added where a feature has a token, missing `(nF, nP * nO)`, where it has none; bias `(nP * nO,)`;
    upper `(nO, n_actions)`, the identity where there is no upper layer, upper_bias `(n_actions,)`; moves
    and labels `(n_actions,)`.
    """

    lower: Floats
    present: Floats
    missing: Floats
    bias: Floats
    n_pieces: int
    upper: Floats
    upper_bias: Floats
    moves: Ints
    labels: Ints


def lay_out_model(weights: TransitionWeights) -> NerModel:
    """Merge the two affine layers, in float64, and lay all out."""
    n_features, _, n_pieces, _ = weights.lower_W.shape
    n_actions = len(weights.moves)
    merged, present = merge_layers(weights)
    missing = np.ascontiguousarray(weights.lower_pad.transpose(0, 2, 1)).reshape(n_features, -1)
    upper = np.eye(n_actions, dtype=np.float32) if weights.upper_W is None else weights.upper_W
    upper_bias = np.zeros(n_actions, dtype=np.float32) if weights.upper_b is None else weights.upper_b
    return NerModel(
        lower=np.ascontiguousarray(merged.transpose(0, 2, 1)),
        present=present,
        missing=missing,
        bias=piece_bias(weights.lower_b),
        n_pieces=n_pieces,
        upper=np.ascontiguousarray(upper.T, dtype=np.float32),
        upper_bias=np.ascontiguousarray(upper_bias, dtype=np.float32),
        moves=np.ascontiguousarray(weights.moves, dtype=np.int8),
        labels=np.ascontiguousarray(weights.labels, dtype=np.int32),
    )


@jit_fastmath
def write_open_scores(
    vectors: Floats, token: Any, start: Any, model: Any, state: Floats, scores: Floats
) -> None:
    """Scores of a step inside the entity that began at `start`."""
    lower, upper = model.lower, model.upper
    for i in range(len(state)):
        state[i] = model.bias[i]
    for feature in range(len(lower)):
        at = _feature_token(feature, len(lower), token, start)
        if at < 0:
            for i in range(len(state)):
                state[i] += model.missing[feature, i]
            continue
        for i in range(len(state)):
            state[i] += model.present[feature, i]
        for j in range(lower.shape[1]):
            value = vectors[at, j]
            for i in range(len(state)):
                state[i] += value * lower[feature, j, i]
    n_hidden = len(state) // model.n_pieces
    for action in range(len(scores)):
        scores[action] = model.upper_bias[action]
    for i in range(n_hidden):
        best = state[i]
        for piece in range(1, model.n_pieces):
            best = max(best, state[piece * n_hidden + i])
        for action in range(len(scores)):
            scores[action] += best * upper[i, action]


@jit
def _feature_token(feature: int, n_features: int, token: Any, start: Any) -> Any:
    """Token of a feature inside an entity, -1 for a missing one: three features, or six with the entity's
    first tokens."""
    if feature == 0:
        return token
    if n_features == 3:
        return start if feature == 1 else token - 1
    at = start + feature - 1
    return at if at < token else -1
