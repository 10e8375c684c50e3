# SPDX-License-Identifier: Apache-2.0
"""The component `beam_parser`: dependency trees, by the best of several ways through a document."""

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
from ..decoders.parser_beam import ParserSystem, ParserWayState
from ..decoders.parser_costs import GoldTree, wanted_actions
from ..decoders.parser_state import ParserState
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..layers.ragged import Array as Rows
from .beams import BeamComponent, Beams, BeamStates, states_of_beams
from .compiled import compile_tok2vec
from .component import Array, Scorer
from .defaults import DEFAULT_PARSER
from .parser import COLUMN, DependencyParser, gold_of
from .state_scorer import n_features_of, states_scorer

ArcScores = dict[tuple[int, int, str], float]
"""Head, child and label of an arc, by token positions, and how likely it is."""


HeadScores = dict[tuple[int, int], float]
"""Token and head, and how likely."""

LabelScores = dict[tuple[int, str], float]
"""Token and label, and how likely."""


class BeamDependencyParser(BeamComponent, DependencyParser):
    """Keeps the `beam_width` best ways at each step; learns whole ways in a share `beam_update_prob` of the
    steps, single actions in the others."""

    factory = "beam_parser"

    def __init__(
        self,
        name: str,
        model: Model[tuple[Batch, Rows], Floats2d],
        scorer: Scorer | None,
        *,
        beam_width: int = 8,
        beam_density: float = 0.0001,
        beam_update_prob: float = 0.5,
        min_action_freq: int = 30,
        learn_tokens: bool = False,
    ) -> None:
        super().__init__(name, model, scorer, min_action_freq=min_action_freq, learn_tokens=learn_tokens)
        self.use_beam(beam_width, beam_density, beam_update_prob)

    def predict(self, batch: Batch) -> None:
        """Write heads, the column `dep` and sentence starts; starts that are there already bound the
        trees."""
        heads, labels = np.full((2, batch.n_tokens), -1, dtype=np.int32)
        for beam in self.beams_of(batch):
            state = beam[0].state
            rows = slice(state.first, state.first + state.parse.n_tokens)
            heads[rows] = [head + state.first if head >= 0 else -1 for head in state.parse.heads]
            labels[rows] = state.parse.labels
        self._write(batch, heads, labels)

    def predict_plain(self, batch: Batch) -> None:
        """The same: there is one decoder."""
        self.predict(batch)

    def beams_of(self, batch: Batch, width: int | None = None) -> list[Beam[ParserWayState]]:
        """The best ways through each document, the best first."""
        self.require_initialized()
        if self.compiled is None:
            self.compiled = compile_tok2vec(self.model.get_ref("tok2vec").layers[0], self.backend())
        score = states_scorer(self.model, self.model.get_ref("linear").predict(self.compiled(batch)))
        wide = self.beam_width if width is None else width
        return search(self._system(), _starts(batch), score, wide, self.beam_density)

    def scored_parses(
        self, beams: Beams | Batch | Sequence[Doc]
    ) -> list[ArcScores] | tuple[list[HeadScores], list[LabelScores]]:
        """How likely the arcs of all ways are that were kept: of each document by head, token and label; of
        what `predict` or `beam_parse` gave the heads of tokens, and apart from them their labels."""
        _, ways = self.searched(beams)
        arcs = self._scored_arcs(ways)
        return (by_head(arcs), by_label(arcs)) if isinstance(beams, Beams) else arcs

    def _scored_arcs(self, ways: Sequence[Beam[ParserWayState]]) -> list[ArcScores]:
        names = self.actions.labels
        found = []
        for beam in ways:
            shares: defaultdict[tuple[int, int, str], float] = defaultdict(float)
            for way, share in zip(beam, probabilities(beam), strict=True):
                parse = way.state.parse
                for child, (head, label) in enumerate(zip(parse.heads, parse.labels, strict=True)):
                    if head >= 0:
                        shares[head, child, names[label]] += share
            found.append(dict(shares))
        return found

    def _system(self) -> ParserSystem:
        return ParserSystem(self.actions, n_features_of(self.model))

    def beam_states(self, batch: Batch, examples: Sequence[Example]) -> BeamStates:
        """The ways that this batch is learned from; documents without trees or sentences have none."""
        offsets = batch.doc_offsets[:-1].tolist()  # an empty document has the next one's, and no start
        known = {
            first: example.has(COLUMN) or example.has("sents")
            for first, example in zip(offsets, examples, strict=True)
        }
        starts = [start for start in _starts(batch) if known[start.first]]
        gold = gold_of(examples, batch.doc_offsets, self.actions)
        trees = {start.first: _tree(gold, start) for start in starts}

        def wanted(states: Sequence[ParserWayState]) -> Array:
            return np.array([wanted_actions(s.parse, self.actions, trees[s.first]) for s in states])

        score = states_scorer(self.model, self.model.get_ref("tok2vec").predict(batch))
        return states_of_beams(self._system(), starts, score, wanted, self.beam_width, self.beam_density)


def _starts(batch: Batch) -> list[ParserWayState]:
    preset = batch.sent_starts
    bounds = batch.doc_offsets.tolist()
    return [
        ParserWayState(
            ParserState([0] * (end - first) if preset is None else preset[first:end].tolist()), first
        )
        for first, end in pairwise(bounds)
        if end > first
    ]


def _tree(gold: Any, start: ParserWayState) -> GoldTree:
    rows = slice(start.first, start.first + start.parse.n_tokens)
    heads = [head - start.first if head >= 0 else -1 for head in gold.heads[rows].tolist()]
    return GoldTree(heads, gold.labels[rows].tolist(), gold.starts[rows].tolist())


def by_head(arcs: Sequence[ArcScores]) -> list[HeadScores]:
    """How likely each head of each token is, whatever the label."""
    found: list[HeadScores] = []
    for document in arcs:
        scores: defaultdict[tuple[int, int], float] = defaultdict(float)
        for (head, child, _), share in document.items():
            scores[child, head] += share
        found.append(dict(scores))
    return found


def by_label(arcs: Sequence[ArcScores]) -> list[LabelScores]:
    """How likely each label of each token is, whatever the head."""
    found: list[LabelScores] = []
    for document in arcs:
        scores: defaultdict[tuple[int, str], float] = defaultdict(float)
        for (_, child, label), share in document.items():
            scores[child, label] += share
        found.append(dict(scores))
    return found


@with_defaults(model=DEFAULT_PARSER, scorer={"@scorers": "freshet.parser_scorer.v1"})
@registry.factories("beam_parser")
def make_beam_parser(
    name: str,
    model: Model[tuple[Batch, Rows], Floats2d],
    moves: Any = None,
    update_with_oracle_cut_size: int = 100,
    learn_tokens: bool = False,
    min_action_freq: int = 30,
    beam_width: int = 8,
    beam_density: float = 0.0001,
    beam_update_prob: float = 0.5,
    scorer: Scorer | None = None,
) -> BeamDependencyParser:
    """Dependency trees by beam search. `beam_density`: ways that are less likely than so much of the best one
    are dropped. `update_with_oracle_cut_size` is read and not needed."""
    component = BeamDependencyParser(
        name,
        model,
        scorer,
        beam_width=beam_width,
        beam_density=beam_density,
        beam_update_prob=beam_update_prob,
        min_action_freq=min_action_freq,
        learn_tokens=learn_tokens,
    )
    if moves is not None:
        component.load_labels(moves)
    return component
