# SPDX-License-Identifier: Apache-2.0
"""The plain decoder of dependency trees: one state at a time. Compiled decoders are tested against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .parser_actions import ParserActions
from .parser_state import ParserState
from .state_scores import ScoreState

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Arcs of a batch. Shape: `(n_tokens,)` each, int32; heads are rows of the batch, -1 where there is none;
    labels are ids."""

    heads: Array
    labels: Array


def decode_arcs(
    actions: ParserActions,
    score_state: ScoreState,
    doc_offsets: Array,
    sent_starts: Array | None,
    n_features: int,
) -> Arcs:
    """Arcs of every document: in each state the best valid action, the lowest class where scores tie.

    `score_state` gets feature tokens as rows of the batch, -1 where missing.
    """
    n_tokens = int(doc_offsets[-1])
    heads, labels = np.full((2, n_tokens), -1, dtype=np.int32)
    preset = np.zeros(n_tokens, dtype=np.int8) if sent_starts is None else sent_starts
    for first, end in zip(doc_offsets[:-1].tolist(), doc_offsets[1:].tolist(), strict=True):
        state = ParserState(preset[first:end].tolist())
        while not state.is_final and _step(state, actions, score_state, first, n_features):
            pass
        heads[first:end] = [head + first if head >= 0 else -1 for head in state.heads]
        labels[first:end] = state.labels
    return Arcs(heads, labels)


def _step(
    state: ParserState, actions: ParserActions, score_state: ScoreState, first: int, n_features: int
) -> bool:
    """Take the best valid action; False where none is valid."""
    valid = valid_actions(state, actions)
    if not valid.any():
        return False
    features = np.array([token + first if token >= 0 else -1 for token in state.features(n_features)])
    best = int(np.where(valid, score_state(features), -np.inf).argmax())
    state.apply(actions.moves[best], int(actions.label_ids[best]))
    return True


def valid_actions(state: ParserState, actions: ParserActions) -> Array:
    """Which actions a state allows. Shape: `(n_actions,)`, bool."""
    subtok = actions.subtok_id
    pairs = zip(actions.moves, actions.label_ids.tolist(), strict=True)
    return np.array(
        [state.is_valid(move, is_subtok=label == subtok and label >= 0) for move, label in pairs], dtype=bool
    )
