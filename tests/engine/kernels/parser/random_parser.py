# SPDX-License-Identifier: Apache-2.0
"""A parser's actions, and random weights for it."""

from __future__ import annotations

from engine.decoders import ParserActions
from engine.decoders.parser_actions import BREAK, LEFT, REDUCE, RIGHT, SHIFT
from engine.kernels import TransitionWeights

from ..transition_models import random_transition_weights

ARCS = ("obj", "nsubj", "subtok", "obl||obj", "nsubj||obj", "det")
ACTIONS = ParserActions(
    (SHIFT, REDUCE, *[LEFT] * 6, *[RIGHT] * 6, BREAK, LEFT, RIGHT),
    ("", "", *ARCS, *ARCS, "ROOT", "late", "late"),
)


def parser_weights(seed: int, n_features: int, n_pieces: int, upper: bool) -> TransitionWeights:
    """Random weights for these actions."""
    return random_transition_weights(ACTIONS, seed, n_features, n_pieces, upper)
