# SPDX-License-Identifier: Apache-2.0
"""Entity recognition as a system for beam search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .ner_actions import BEGIN, LAST, NO_LABEL, UNIT, NerActions
from .ner_decoder import Preset, Span, here_at
from .ner_state import CLOSED, features_of, is_valid, valid_without_presets

Array = npt.NDArray[Any]


class NerWayState(NamedTuple):
    """The next token's row, the document's end, and the open entity: its label and first row."""

    row: int
    end: int
    label: int = CLOSED
    start: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class NerSystem:
    """The documents of a batch. `may_go_on`: whether a token has a next one that starts no sentence."""

    actions: NerActions
    is_space: Array
    sent_starts: Array | None
    may_go_on: Array
    n_features: int
    preset: Preset | None = None

    def features(self, states: Sequence[NerWayState]) -> Array:
        """Feature tokens of states."""
        rows, _, labels, starts = _columns(states)
        return features_of(rows, starts, labels != CLOSED, self.n_features)

    def valid(self, states: Sequence[NerWayState]) -> Array:
        """Which actions they allow."""
        rows, _, labels, _ = _columns(states)
        if self.preset is None:
            return valid_without_presets(self.actions, labels, self.is_space[rows], self.may_go_on[rows])
        pairs = list(zip(self.actions.moves, self.actions.label_ids.tolist(), strict=True))
        allowed = []
        for state in states:
            here = here_at(state.row, state.end, self.is_space, self.sent_starts, self.preset)
            allowed.append([is_valid(move, label, state.label, here) for move, label in pairs])
        return np.array(allowed, dtype=bool)

    def after(self, state: NerWayState, action: int) -> NerWayState:
        """One token on."""
        move, label = self.actions.moves[action], int(self.actions.label_ids[action])
        if move == BEGIN:
            return NerWayState(state.row + 1, state.end, label, state.row)
        if move in (LAST, UNIT) or state.label == CLOSED:
            return NerWayState(state.row + 1, state.end)
        return state._replace(row=state.row + 1)

    def is_final(self, state: NerWayState) -> bool:
        """Whether the document is read."""
        return state.row == state.end


def spans_of_actions(actions: NerActions, taken: Sequence[int]) -> list[Span]:
    """The entities that a document's actions make, by token positions."""
    spans: list[Span] = []
    start, open_label = 0, CLOSED
    for token, action in enumerate(taken):
        move, label = actions.moves[action], int(actions.label_ids[action])
        if move in (BEGIN, UNIT):
            start, open_label = token, label
        if move in (LAST, UNIT):
            if label != NO_LABEL:
                spans.append((start, token + 1, open_label))
            open_label = CLOSED
    return spans


def _columns(states: Sequence[NerWayState]) -> tuple[Array, Array, Array, Array]:
    rows, ends, labels, starts = np.array(states, dtype=np.int64).reshape(-1, 4).T
    return rows, ends, labels, starts
