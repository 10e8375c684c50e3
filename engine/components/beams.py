# SPDX-License-Identifier: Apache-2.0
"""What beam_ner and beam_parser have in common: learning whole ways through documents.

    p = the best ways that the weights see, g = the best of those that gold wants, step by step
    at the step where p's best wrong way is most above g's best one:
        loss = log sum exp(scores of the wrong ways and of g) - log sum exp(scores of g)

Source: Andor et al. 2016, "Globally normalized transition-based neural networks" (ACL), for the loss; Huang,
Fayong and Guo 2012, "Structured perceptron with inexact search" (NAACL), for the step of the largest
violation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..decoders.beam import Beam, ScoreStates, System, Way, advance
from ..doc.batch import Batch
from ..doc.example import Example
from ..errors import EngineError
from .component import Array, Losses, TrainableComponent

Wanted = Callable[[Sequence[Any]], Array]


@dataclass(frozen=True, slots=True, eq=False)
class BeamStates:
    """States to learn from, each once, and the ways through them: of each document the wrong ones and those
    that gold wants.

    Shape: features `(n_states, n_features)`. A way is pairs of state and action.
    """

    features: Array
    documents: Sequence[tuple[Sequence[Array], Sequence[Array]]]

    def gradient(self, scores: Array) -> tuple[Array, float]:
        """Gradient of the loss by the scores of all states, and the loss."""
        d_scores, loss = np.zeros_like(scores), 0.0
        for wrong, right in self.documents:
            ways = [*wrong, *right]
            totals = np.array([scores[way[:, 0], way[:, 1]].sum(dtype=np.float64) for way in ways])
            shares_all = _softmax(totals)
            shares_right = np.concatenate([np.zeros(len(wrong)), _softmax(totals[len(wrong) :])])
            for way, weight in zip(ways, (shares_all - shares_right).tolist(), strict=True):
                np.add.at(d_scores, (way[:, 0], way[:, 1]), np.float32(weight))
            loss += _log_sum(totals) - _log_sum(totals[len(wrong) :])
        return d_scores, loss


class BeamComponent(TrainableComponent):
    """Stands before a component that decodes greedily: keeps the `beam_width` best ways at each step, and
    learns whole ways in a share `beam_update_prob` of the steps, single actions in the others."""

    beam_width: int
    beam_density: float
    beam_update_prob: float

    def use_beam(self, width: int, density: float, update_prob: float) -> None:
        """Take the settings. Raises: EngineError where one is out of its bounds."""
        if width < 1 or not 0 <= density <= 1 or not 0 <= update_prob <= 1:
            raise EngineError(
                f"expected beam_width of {self.name!r} from 1 on, beam_density and beam_update_prob from 0 "
                f"to 1, got {width}, {density} and {update_prob}"
            )
        self.beam_width, self.beam_density, self.beam_update_prob = width, density, update_prob

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        if self.beam_width < 2 or np.random.random_sample() >= self.beam_update_prob:
            super().update(batch, examples, dropout=dropout, losses=losses)  # type: ignore[misc]  # its
            return
        self.require_initialized()
        losses.setdefault(self.name, 0.0)
        states = self.beam_states(batch, examples)
        if len(states.features):
            scores, backprop = self.begin_update((batch, states.features), dropout)
            d_scores, loss = states.gradient(scores)
            losses[self.name] += loss
            backprop(d_scores)

    def beam_states(self, batch: Batch, examples: Sequence[Example]) -> BeamStates:
        """The ways that this batch is learned from."""
        raise NotImplementedError(f"expected {type(self).__name__} to say which ways it learns from")


def states_of_beams(
    system: System[Any], starts: Sequence[Any], score: ScoreStates, wanted: Wanted, width: int, density: float
) -> BeamStates:
    """The states on the ways that are to be learned from."""
    predicted: list[Beam[Any]] = [[Way(start)] for start in starts]
    gold: list[Beam[Any]] = [[Way(start)] for start in starts]
    worst: list[float] = [-np.inf] * len(starts)
    chosen: list[tuple[Beam[Any], Beam[Any]]] = [([], [])] * len(starts)
    step = 0
    while advance(system, predicted, score, step := step + 1, width, density, wanted):
        advance(system, gold, score, step, width, 0.0, wanted, only_wanted=True)
        for number, (ours, right) in enumerate(zip(predicted, gold, strict=True)):
            wrong = [way for way in ours if way.wrong]
            if not wrong or right[0].before is None:
                continue
            violation = wrong[0].score - right[0].score
            if violation > worst[number]:
                worst[number], chosen[number] = violation, (wrong, list(right))
    return _numbered([pair for pair in chosen if pair[0]])


def _numbered(chosen: Sequence[tuple[Beam[Any], Beam[Any]]]) -> BeamStates:
    """Each state gets a row. A way of gold's beam is a way of its own, though it may pass the same states."""
    rows: dict[int, int] = {}
    features: list[Array] = []

    def numbered(way: Way[Any]) -> Array:
        pairs = []
        for before, action in way.steps():
            row = rows.setdefault(id(before), len(features))
            if row == len(features):
                assert before.features is not None
                features.append(before.features)
            pairs.append((row, action))
        return np.array(pairs, dtype=np.int64)

    documents = [(list(map(numbered, wrong)), list(map(numbered, right))) for wrong, right in chosen]
    return BeamStates(np.array(features, dtype=np.int64), documents)


def _softmax(values: Array) -> Array:
    powers = np.exp(values - values.max())
    shares: Array = powers / powers.sum()
    return shares


def _log_sum(values: Array) -> float:
    top = float(values.max())
    return top + float(np.log(np.exp(values - top).sum()))
