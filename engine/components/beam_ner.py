# SPDX-License-Identifier: Apache-2.0
"""The component `beam_ner`: named entities, by the best of several ways through a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..decoders.beam import Beam, probabilities, search
from ..decoders.ner_beam import NerSystem, NerWayState, spans_of_actions
from ..doc.batch import Batch, SpanColumn
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.partial_gold import WRONG_ENTS
from ..kernels.ner import goes_on, gold_actions, wanted_in
from ..layers.ragged import Array as Rows
from .beams import BeamComponent, Beams, BeamStates, states_of_beams
from .compiled import compile_tok2vec
from .component import Array, Scorer
from .defaults import DEFAULT_NER
from .ner import ENTS, EntityRecognizer, asked_for, preset_of, span_column
from .state_scorer import states_scorer

EntityScores = dict[tuple[int, int, str], float]
"""Start token, end token and label of an entity, and how likely it is."""


class BeamEntityRecognizer(BeamComponent, EntityRecognizer):
    """Keeps the `beam_width` best ways at each token; learns whole ways in a share `beam_update_prob` of the
    steps, single actions in the others."""

    factory = "beam_ner"

    def __init__(
        self,
        name: str,
        model: Model[tuple[Batch, Rows], Floats2d],
        scorer: Scorer | None,
        *,
        beam_width: int = 32,
        beam_density: float = 0.01,
        beam_update_prob: float = 0.5,
        incorrect_spans_key: str = WRONG_ENTS,
    ) -> None:
        super().__init__(name, model, scorer, 0.0, incorrect_spans_key)
        self.use_beam(beam_width, beam_density, beam_update_prob)

    def predict(self, batch: Batch) -> None:
        """Write `batch.spans["ents"]`; entities that are there already stay, and bound the others."""
        batch.spans[ENTS] = self.predict_plain(batch)

    def predict_plain(self, batch: Batch) -> SpanColumn:
        """The same by the one decoder that there is."""
        existing = batch.spans.get(ENTS)
        labels = self.actions.with_labels(existing.labels if existing is not None else ()).labels
        beams = self.beams_of(batch)
        surprises = asked_for(batch)
        if surprises is not None:
            for doc, beam in enumerate(beams):
                surprises[batch.rows(doc)] = _surprises(beam, len(surprises[batch.rows(doc)]))
            batch.add_surprise(ENTS, surprises)
        actions = self._all_actions(batch)
        return span_column([spans_of_actions(actions, beam[0].actions()) for beam in beams], labels)

    def beams_of(self, batch: Batch, width: int | None = None) -> list[Beam[NerWayState]]:
        """The best ways through each document, the best first."""
        self.require_initialized()
        if self.compiled is None:
            self.compiled = compile_tok2vec(self.model.get_ref("tok2vec").layers[0], self.backend())
        linear = self.model.get_ref("linear")
        score_known = states_scorer(self.model, linear.predict(self.compiled(batch)))
        extra = self._all_actions(batch).n_actions - self.actions.n_actions

        def score(features: Array) -> Array:
            scores = score_known(features)
            if not extra:
                return scores
            return np.concatenate(
                [scores, np.repeat(scores.min(axis=1, keepdims=True), extra, axis=1)], axis=1
            )

        wide = self.beam_width if width is None else width
        return search(self._system(batch), _starts(batch), score, wide, self.beam_density)

    def scored_ents(self, beams: Beams | Batch | Sequence[Doc]) -> list[EntityScores]:
        """Of each document the entities of all ways that were kept, and how likely each is. `beams`: what
        `predict` or `beam_parse` gave, or documents to look at."""
        batch, ways = self.searched(beams)
        actions = self._all_actions(batch)
        found = []
        for beam in ways:
            shares: defaultdict[tuple[int, int, str], float] = defaultdict(float)
            for way, share in zip(beam, probabilities(beam), strict=True):
                for start, end, label in spans_of_actions(actions, way.actions()):
                    shares[start, end, actions.labels[label]] += share
            found.append(dict(shares))
        return found

    def _all_actions(self, batch: Batch) -> Any:
        existing = batch.spans.get(ENTS)
        return self.actions.with_labels(existing.labels if existing is not None else ())

    def _system(self, batch: Batch) -> NerSystem:
        existing, actions = batch.spans.get(ENTS), self._all_actions(batch)
        preset = None if existing is None else preset_of(batch, existing, actions.labels)
        is_space = batch.lexemes.is_space[batch.lexeme_ids]
        on = goes_on(batch.doc_offsets, batch.sent_starts, batch.n_tokens)
        return NerSystem(actions, is_space, batch.sent_starts, on, self.n_features, preset)

    def beam_states(self, batch: Batch, examples: Sequence[Example]) -> BeamStates:
        """The ways that this batch is learned from."""
        gold = gold_actions(self.actions, [value for example in examples for value in example.aligned_ner()])
        is_space = batch.lexemes.is_space[batch.lexeme_ids]
        on = goes_on(batch.doc_offsets, batch.sent_starts, batch.n_tokens)
        system = NerSystem(self.actions, is_space, batch.sent_starts, on, self.n_features)

        def wanted(states: Sequence[NerWayState]) -> Array:
            rows, _, labels, starts = np.array(states, dtype=np.int64).reshape(-1, 4).T
            return wanted_in(self.actions, gold, rows, starts, labels, system.valid(states))

        score = states_scorer(self.model, self.model.get_ref("tok2vec").predict(batch))
        return states_of_beams(system, _starts(batch), score, wanted, self.beam_width, self.beam_density)


def _starts(batch: Batch) -> list[NerWayState]:
    bounds = batch.doc_offsets.tolist()
    return [NerWayState(first, end) for first, end in pairwise(bounds)]


def _surprises(beam: Beam[NerWayState], n_tokens: int) -> Array:
    """Minus the logarithm of the share of ways that do with each token as the best one does. Shape:
    `(n_tokens,)`."""
    taken = np.array([way.actions() for way in beam], dtype=np.int64).reshape(len(beam), -1)
    shares = (taken == taken[:1]) * np.array(probabilities(beam))[:, None]
    values = np.zeros(n_tokens, dtype=np.float32)
    values[: taken.shape[1]] = -np.log(np.clip(shares.sum(axis=0), 1e-6, 1.0))
    return values


@with_defaults(model=DEFAULT_NER, scorer={"@scorers": "freshet.ner_scorer.v1"})
@registry.factories("beam_ner")
def make_beam_ner(
    name: str,
    model: Model[tuple[Batch, Rows], Floats2d],
    moves: Any = None,
    update_with_oracle_cut_size: int = 100,
    beam_width: int = 32,
    beam_density: float = 0.01,
    beam_update_prob: float = 0.5,
    incorrect_spans_key: str | None = None,
    scorer: Scorer | None = None,
) -> BeamEntityRecognizer:
    """Named entities by beam search. `beam_density`: ways that are less likely than so much of the best one
    are dropped. `update_with_oracle_cut_size` is read and not needed."""
    component = BeamEntityRecognizer(
        name,
        model,
        scorer,
        beam_width=beam_width,
        beam_density=beam_density,
        beam_update_prob=beam_update_prob,
        incorrect_spans_key=incorrect_spans_key or WRONG_ENTS,
    )
    if moves is not None:
        component.load_labels(moves)
    return component
