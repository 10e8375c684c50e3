# SPDX-License-Identifier: Apache-2.0
"""Dependency parsing as a system for beam search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .parser_actions import ParserActions
from .parser_state import ParserState

Array = npt.NDArray[Any]

N_KINDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class ParserWayState:
    """A state, and the row at which its document begins."""

    parse: ParserState
    first: int


@dataclass(frozen=True, slots=True, eq=False)
class ParserSystem:
    """The documents of a batch."""

    actions: ParserActions
    n_features: int

    def features(self, states: Sequence[ParserWayState]) -> Array:
        """Feature tokens of states."""
        tokens = np.array([state.parse.features(self.n_features) for state in states], dtype=np.int64)
        firsts = np.array([[state.first] for state in states], dtype=np.int64)
        rows: Array = np.where(tokens >= 0, tokens + firsts, -1)
        return rows

    def valid(self, states: Sequence[ParserWayState]) -> Array:
        """Which actions they allow."""
        kinds = [_valid_kinds(state.parse) for state in states]
        moves, subtok = self.actions.move_ids, self.actions.subtok_id
        valid: Array = np.array(kinds, dtype=bool).reshape(-1, N_KINDS)[:, moves]
        if subtok >= 0:
            inner = [s.parse.B(0) - 1 == s.parse.S(0) for s in states]
            valid &= (self.actions.label_ids != subtok)[None] | np.array(inner, dtype=bool)[:, None]
        return valid

    def after(self, state: ParserWayState, action: int) -> ParserWayState:
        """The state that an action leads to."""
        parse = state.parse.copy()
        parse.apply(self.actions.moves[action], int(self.actions.label_ids[action]))
        return ParserWayState(parse, state.first)

    def is_final(self, state: ParserWayState) -> bool:
        """Whether stack and buffer are empty."""
        return state.parse.is_final


def _valid_kinds(parse: ParserState) -> list[bool]:
    """Which kinds of action a state allows."""
    return [parse.is_valid(kind) for kind in range(N_KINDS)]
