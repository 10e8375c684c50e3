# SPDX-License-Identifier: Apache-2.0
"""Dependency parsing as a system for beam search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .parser_actions import ParserActions
from .parser_decoder import valid_actions
from .parser_state import ParserState

Array = npt.NDArray[Any]


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
        return np.array([valid_actions(state.parse, self.actions) for state in states])

    def after(self, state: ParserWayState, action: int) -> ParserWayState:
        """The state that an action leads to."""
        parse = state.parse.copy()
        parse.apply(self.actions.moves[action], int(self.actions.label_ids[action]))
        return ParserWayState(parse, state.first)

    def is_final(self, state: ParserWayState) -> bool:
        """Whether stack and buffer are empty."""
        return state.parse.is_final
