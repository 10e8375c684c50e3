# SPDX-License-Identifier: Apache-2.0
"""Beam search over a transition system: of all ways of doing a document, the best few are kept at each step.

    score of a way = sum of the scores of its actions, not normalised by step
    a finished way among unfinished ones grows by its mean action each step, so that a short one may win
    ways less likely than `density` times the best one (softmax over all) are dropped

Source: Zhang and Clark 2008, "A tale of two parsers: investigating and combining graph-based and
transition-based dependency parsing using beam-search" (EMNLP); Zhu et al. 2013, "Fast and accurate
shift-reduce constituent parsing" (ACL), for ways of different lengths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
ScoreStates = Callable[[Array], Array]
"""From the feature tokens of many states `(n_states, n_features)`, -1 where missing, to action scores
`(n_states, n_actions)`."""

State = TypeVar("State")


class System(Protocol[State]):
    """A transition system of one or more documents, whose states are values."""

    def features(self, states: Sequence[State]) -> Array:
        """Feature tokens of states, as rows of the batch. Shape: `(n_states, n_features)`."""

    def valid(self, states: Sequence[State]) -> Array:
        """Which actions they allow. Shape: `(n_states, n_actions)`, bool."""

    def after(self, state: State, action: int) -> State:
        """The state that an action leads to; the one before stays as it is."""

    def is_final(self, state: State) -> bool:
        """Whether nothing is left to do."""


@dataclass(slots=True, eq=False)
class Way(Generic[State]):
    """A state, the way before it and the action that led here; `features` are those of the state, known once
    it was scored. `wrong`: an action was taken that gold does not want."""

    state: State
    score: float = 0.0
    before: Way[State] | None = None
    action: int = -1
    wrong: bool = False
    features: Array | None = None

    def steps(self) -> Iterator[tuple[Way[State], int]]:
        """From the last step to the first: the way before it, and the action."""
        way: Way[State] = self
        while way.before is not None:
            yield way.before, way.action
            way = way.before

    def actions(self) -> list[int]:
        """Its actions from the first on."""
        return [action for _, action in self.steps()][::-1]


Beam = list[Way[State]]
"""The ways of one document that are kept, the best first."""


def search(
    system: System[State], starts: Sequence[State], score: ScoreStates, width: int, density: float
) -> list[Beam[State]]:
    """The best finished ways of each document; all documents go in step."""
    beams: list[Beam[State]] = [[Way(start)] for start in starts]
    step = 0
    while advance(system, beams, score, step := step + 1, width, density):
        pass
    return beams


def advance(
    system: System[State],
    beams: list[Beam[State]],
    score: ScoreStates,
    step: int,
    width: int,
    density: float,
    wanted: Callable[[Sequence[State]], Array] | None = None,
    *,
    only_wanted: bool = False,
) -> bool:
    """Take the beams one step on, in place; False where all are finished.

    `wanted`: which actions gold wants in states; with `only_wanted` no other is taken.
    """
    going = [
        (number, [way for way in beam if not system.is_final(way.state)]) for number, beam in enumerate(beams)
    ]
    ways = [way for _, live in going for way in live]
    if not ways:
        return False
    states = [way.state for way in ways]
    features, valid = system.features(states), system.valid(states)
    good = wanted(states) if wanted is not None else valid
    allowed = valid & good if only_wanted else valid
    scores, moved, at = score(features), False, 0
    for way, row in zip(ways, features, strict=True):
        way.features = row
    for number, live in going:
        rows = slice(at, at + len(live))
        at = rows.stop
        finished = [way for way in beams[number] if system.is_final(way.state)]
        if live and (allowed[rows].any() or finished):
            best = _best(live, finished, scores[rows], allowed[rows], step, width, density)
            beams[number] = [_grown(system, entry, good[rows], live) for entry in best]
            moved = True
    return moved


@dataclass(frozen=True, slots=True)
class _Entry(Generic[State]):
    """A way that may be kept: an old one with one more action, or a finished one (`row` -1)."""

    score: float
    row: int
    action: int
    finished: Way[State] | None = None


def _best(
    live: Sequence[Way[State]],
    finished: Sequence[Way[State]],
    scores: Array,
    allowed: Array,
    step: int,
    width: int,
    density: float,
) -> list[_Entry[State]]:
    """The entries that are kept, the best first."""
    before = np.array([way.score for way in live], dtype=np.float32)
    rows, actions = np.nonzero(allowed)
    totals = before[rows] + scores[rows, actions]
    ends = np.array([way.score + way.score / step for way in finished], dtype=np.float32)
    both = np.concatenate([totals, ends])
    order = len(both) - 1 - np.argsort(-both[::-1], kind="stable")[:width]  # of equal ones the last first
    if density > 0.0 and len(order):
        order = order[np.exp((both[order] - both[order[0]]).astype(np.float64)) >= density]
    entries: list[_Entry[State]] = []
    for i in order.tolist():
        if i < len(rows):
            entries.append(_Entry(float(both[i]), int(rows[i]), int(actions[i])))
        else:
            entries.append(_Entry(float(both[i]), -1, -1, finished[i - len(rows)]))
    return entries


def _grown(
    system: System[State], entry: _Entry[State], good: Array, live: Sequence[Way[State]]
) -> Way[State]:
    if entry.finished is not None:
        done = entry.finished
        return Way(done.state, entry.score, done.before, done.action, done.wrong, done.features)
    way = live[entry.row]
    wrong = way.wrong or not bool(good[entry.row, entry.action])
    return Way(system.after(way.state, entry.action), entry.score, way, entry.action, wrong)


def probabilities(beam: Sequence[Way[State]]) -> list[float]:
    """How likely each way is among those that were kept."""
    scores = np.array([way.score for way in beam], dtype=np.float64)
    shares = np.exp(scores - scores.max()) if len(scores) else scores
    values: list[float] = (shares / shares.sum()).tolist() if len(scores) else []
    return values
