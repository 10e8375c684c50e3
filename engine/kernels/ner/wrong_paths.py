# SPDX-License-Identifier: Apache-2.0
"""Entities that are known to be wrong while the right ones are not known: states on the way to each, and the
gradient that makes it unlikely.

    P = product of the probabilities of its actions along the way     begin, in ..., last; or unit
    loss = -log(1 - P)
    gradient of a step = P / (1 - P) * (one at the step's action - probabilities)

What is right stays open: the way as a whole shall not be taken, and the step that is the least sure of itself
gives way first. An entity with the same begin and another end, or of another type, stays as likely as the
shared steps leave it.
Source: S. Welleck et al., Neural Text Generation with Unlikelihood Training, 2019 (arXiv 1908.04319), here
for a whole sequence of actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...decoders.ner_actions import BEGIN, IN, LAST, UNIT, NerActions
from ...decoders.ner_state import CLOSED, features_of, valid_without_presets

Array = npt.NDArray[Any]

SMALLEST = 1e-6
"""What is left for other ways at least, so that a way that has become certain can be left."""


@dataclass(frozen=True, slots=True)
class WrongPaths:
    """States on the ways to wrong entities, way after way, and the action that each takes there.

    Shape: rows, starts, labels and actions `(n_states,)`: the token, the first token of the entity and its
    label id, `CLOSED` before it begins, and a class; firsts `(n_paths,)`, the first state of each way;
    features `(n_states, n_features)`; valid `(n_states, n_actions)`.
    """

    rows: Array
    starts: Array
    labels: Array
    actions: Array
    firsts: Array
    features: Array
    valid: Array

    def gradient(self, probabilities: Array) -> Array:
        """By the scores, given probabilities over the valid actions. Shape: `(n_states, n_actions)` each."""
        states = np.arange(len(self.actions))
        taken = probabilities[states, self.actions].astype(np.float64)
        path = np.exp(np.add.reduceat(np.log(np.maximum(taken, np.finfo(np.float64).tiny)), self.firsts))
        weights = path / np.maximum(1.0 - path, SMALLEST)
        lengths = np.diff(np.append(self.firsts, len(states)))
        by_state = np.repeat(weights, lengths)[:, None].astype(probabilities.dtype)
        gradient: Array = -probabilities * by_state
        gradient[states, self.actions] += by_state[:, 0]
        return gradient

    def leads_there(self, starts: Array, labels: Array, n_actions: int) -> Array:
        """Where states of all tokens (the open entity of each, as `Paths` has it) stand on such a way, its
        action. Shape: `(n_tokens,)` each; the result `(n_tokens, n_actions)`, bool."""
        rows = self.rows
        same = (labels[rows] == self.labels) & ((self.labels == CLOSED) | (starts[rows] == self.starts))
        found = np.zeros((len(labels), n_actions), dtype=bool)
        found[rows[same], self.actions[same]] = True
        return found


def wrong_paths(
    actions: NerActions,
    spans: Sequence[tuple[int, int, str]],
    is_space: Array,
    may_go_on: Array,
    n_features: int,
) -> WrongPaths | None:
    """The ways to these `(first row, row behind, label)`; None where there is none that could be taken.

    `is_space`, `may_go_on`: as `valid_without_presets` takes them, for all tokens.
    """
    ids = {label: i for i, label in enumerate(actions.labels)}
    classes = {pair: i for i, pair in enumerate(zip(actions.moves, actions.names, strict=True))}
    ways = [way for span in spans if span[2] in ids and (way := _way(span, ids, classes))]
    states = np.array([state for way in ways for state in way], dtype=np.int64).reshape(-1, 4)
    rows, starts, labels, taken = states.T
    valid = valid_without_presets(actions, labels, is_space[rows], may_go_on[rows])
    can = valid[np.arange(len(taken)), taken]
    whole = [len(way) for way in ways]
    open_ways = np.repeat([all(part) for part in _parts(can, whole)], whole).astype(bool)
    if not open_ways.any():
        return None
    rows, starts, labels, taken = states[open_ways].T
    features = features_of(rows, starts, labels != CLOSED, n_features)
    firsts = np.flatnonzero(labels == CLOSED)
    return WrongPaths(rows, starts, labels, taken, firsts, features, valid[open_ways])


def _way(
    span: tuple[int, int, str], ids: dict[str, int], classes: dict[tuple[int, str], int]
) -> list[tuple[int, int, int, int]]:
    """Row, first row of the open entity, its label id and the class of the action, token by token; empty
    where an action is none of the model's."""
    first, end, label = span
    moves = [UNIT] if end - first == 1 else [BEGIN, *[IN] * (end - first - 2), LAST]
    taken = [classes.get((move, label)) for move in moves]
    return [
        (row, first, CLOSED if row == first else ids[label], action)
        for row, action in zip(range(first, end), taken, strict=True)
        if action is not None and None not in taken
    ]


def _parts(values: Array, sizes: Sequence[int]) -> list[Array]:
    return np.split(values, np.cumsum(sizes)[:-1]) if sizes else []
