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

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..decoders.beam import Beam, ScoreStates, System, Way, advance
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..errors import ComponentError
from .component import Array, Losses, TrainableComponent
from .on_documents import Predictions, batch_of_docs

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


@dataclass(frozen=True, slots=True, eq=False)
class Beams(Predictions):
    """What a beam search says of documents, whose `before` it looked at; how wide it was, and how dense."""

    before: Batch
    width: int
    density: float


class BeamComponent(TrainableComponent):
    """Stands before a component that decodes greedily: keeps the `beam_width` best ways at each step, and
    learns whole ways in a share `beam_update_prob` of the steps, single actions in the others."""

    beam_width: int
    beam_density: float
    beam_update_prob: float
    keeps_what_was = True

    def use_beam(self, width: int, density: float, update_prob: float) -> None:
        """Take the settings. Raises: EngineError where one is out of its bounds."""
        if width < 1 or not 0 <= density <= 1 or not 0 <= update_prob <= 1:
            raise ComponentError(
                f"expected beam_width of {self.name!r} from 1 on, beam_density and beam_update_prob from 0 "
                f"to 1, got {width}, {density} and {update_prob}"
            )
        self.beam_width, self.beam_density, self.beam_update_prob = width, density, update_prob

    def predicted_of(self, batch: Batch, before: Batch) -> Beams:
        """What `predict(docs)` gives."""
        return Beams(batch, before, self.beam_width, self.beam_density)

    def greedy_parse(self, docs: Sequence[Doc], drop: float = 0.0) -> Beams:
        """The same as `predict(docs)`, by one way alone."""
        return self.beam_parse(docs, 1)

    def beam_parse(
        self,
        docs: Sequence[Doc],
        beam_width: int | None = None,
        beam_density: float | None = None,
        *,
        drop: float = 0.0,
    ) -> Beams:
        """What the best ways through documents say, for `set_annotations` and to be scored; width and density
        are the component's, unless others are given. `drop` is read and not needed."""
        before, usual = batch_of_docs(docs), (self.beam_width, self.beam_density)
        width = usual[0] if beam_width is None else beam_width
        density = usual[1] if beam_density is None else beam_density
        annotated = batch_of_docs(docs)
        with self.as_wide_as(width, density):
            self.predict(annotated)  # type: ignore[attr-defined]  # a component has it
        return Beams(annotated, before, width, density)

    @contextmanager
    def as_wide_as(self, width: int, density: float) -> Iterator[None]:
        """Search with another width and density inside."""
        usual = self.beam_width, self.beam_density, self.beam_update_prob
        self.use_beam(width, density, usual[2])
        try:
            yield
        finally:
            self.use_beam(*usual)

    def searched(self, docs: Any) -> tuple[Batch, list[Beam[Any]]]:
        """The documents that were looked at, or are to be, and the ways through them."""
        if not isinstance(docs, Beams):
            batch = batch_of_docs(docs)
            return batch, self.beams_of(batch)
        with self.as_wide_as(docs.width, docs.density):
            return docs.before, self.beams_of(docs.before)

    def beams_of(self, batch: Batch, width: int | None = None) -> list[Beam[Any]]:
        """The best ways through each document, the best first."""
        raise NotImplementedError(f"expected {type(self).__name__} to search")

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
