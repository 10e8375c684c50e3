# SPDX-License-Identifier: Apache-2.0
"""The component `ner`: named entities, by a transition system over the tokens of a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import optional_arguments, with_defaults
from ..config.registry import registry
from ..decoders import NerActions, Preset, decode_entities, ner_actions_from_counts
from ..decoders.ner_actions import BEGIN, IN, LAST, NO_LABEL, OUT, UNIT
from ..decoders.ner_state import IOB_BEGIN, IOB_IN
from ..doc.batch import Batch, SpanColumn, Spans
from ..doc.example import Example, entities_of
from ..doc.partial_gold import WRONG_ENTS
from ..errors import ComponentError
from ..kernels import CompiledNer
from ..kernels.ner import (
    NerStates,
    Paths,
    WrongPaths,
    goes_on,
    gold_classes,
    gold_of_classes,
    gold_states,
    mix_paths,
    wrong_paths,
)
from ..layers.ragged import Array as Rows
from .compiled import compile_entities, transition_weights
from .component import Array, GetExamples, Losses, Scorer, TrainableComponent, missing_labels
from .constructors import BeamAccess
from .defaults import DEFAULT_NER
from .growth import MARGIN, NewClass
from .losses import masked_gradient, masked_softmax
from .state_scorer import n_features_of, state_scorer
from .targets import DistillationTarget, corrected_actions, learn

ENTS = "ents"

MISSING_LABEL = "-"
"""Label of a gold span that only says that nothing is known there."""


class EntityRecognizer(BeamAccess, TrainableComponent):
    """Finds entities token by token; learns from gold action sequences, all states of a batch at once."""

    factory = "ner"
    beam_factory = "beam_ner"

    def __init__(
        self,
        name: str,
        model: Model[tuple[Batch, Rows], Floats2d],
        scorer: Scorer | None,
        exploration: float = 0.0,
        incorrect_spans_key: str = WRONG_ENTS,
    ) -> None:
        super().__init__(name, model, scorer)
        self.exploration, self.incorrect_spans_key = exploration, incorrect_spans_key
        self.actions = NerActions((), ())
        self.counts: Mapping[int, Mapping[str, int]] | None = None

    def scored_ents(self, beams: Any) -> Any:
        """Of each document the entities of all ways that `beam_parse` kept, and how likely each is."""
        return self._searching().scored_ents(beams)

    @property
    def n_features(self) -> int:
        """Feature tokens of a state."""
        return n_features_of(self.model)

    def initialize(self, get_examples: GetExamples, sample: Batch, labels: Any = None) -> None:
        """Take actions from the gold entities unless they (or entity types) are given; draw the weights.

        Without any example it begins with no entity type, and `Pipeline.update` gives it those that it meets.
        """
        if labels is not None:
            self._take_actions(actions_of(labels))
        else:
            counts = count_actions(get_examples())
            self._take_actions(ner_actions_from_counts(counts))
            self.counts = {**counts, UNIT: {**counts[UNIT], "": 1}, OUT: {"": 1}}
        if not self.labels and any(True for _ in get_examples()):
            raise missing_labels(self.name, "entities")
        scores = np.zeros((1, self.actions.n_actions), dtype=np.float32)
        self.model.initialize(X=(sample, np.full((1, self.n_features), -1, dtype=np.int64)), Y=scores)
        self.weights_changed()

    def _take_actions(self, actions: NerActions) -> None:
        self.actions = actions
        self.labels = actions.labels
        self.counts = None

    @property
    def label_data(self) -> Any:
        """Kinds of action, each with its entity types and their frequency, as spaCy's files of labels have
        it."""
        return self.actions.to_table(self.counts) if self.labels else None

    @property
    def move_names(self) -> list[str]:
        """Kind and entity type of each action, such as `B-PER`, in class order."""
        return [name for name in self.actions.class_names if name != "U"]

    def label_state(self) -> dict[str, Any]:
        """Actions in class order."""
        return {"actions": self.actions.to_json()}

    def load_labels(self, labels: Mapping[str, Any]) -> None:
        """Take over what `label_state` gave."""
        self._take_actions(NerActions.from_json(labels["actions"]))

    @property
    def class_names(self) -> tuple[Hashable, ...]:
        """Kind and entity type of each action."""
        return tuple(zip(self.actions.moves, self.actions.names, strict=True))

    def new_classes(self, labels: Sequence[str]) -> list[NewClass]:
        """Four actions for each type. Inside an entity the other types' mean is what they know about where
        entities end; no entity of the new type begins, for the best action to begin another one is better."""
        pairs = list(zip(self.actions.moves, self.actions.names, strict=True))
        likes = {
            move: tuple(i for i, (kind, name) in enumerate(pairs) if kind == move and name)
            for move in (BEGIN, IN, LAST, UNIT)
        }
        lower = {BEGIN: MARGIN, UNIT: MARGIN}
        return [NewClass(like, lower.get(move, 0.0)) for _ in labels for move, like in likes.items()]

    def labels_with(self, labels: Sequence[str]) -> dict[str, Any]:
        """The actions, with four more for each type."""
        return {"actions": self.actions.with_labels(labels).to_json()}

    grows_by_learning = True

    def gold_labels_of(self, example: Example) -> Iterable[str]:
        """Entity types."""
        return (label for _, _, label in entities_of(example.reference) if label != MISSING_LABEL)

    def predict(self, batch: Batch) -> None:
        """Write `batch.spans["ents"]`; entities that are there already stay, and bound the others."""
        if self.compiled is None:
            self.require_initialized()
            self.compiled = compile_entities(self.model, self.actions, self.backend())
        existing = batch.spans.get(ENTS)
        if self.compiled is None or (existing is not None and not set(existing.labels) <= set(self.labels)):
            batch.spans[ENTS] = self.predict_plain(batch)
            return
        vectors, decoder = self.compiled
        preset = None if existing is None else preset_of(batch, existing, self.labels)
        is_space = batch.lexemes.is_space[batch.lexeme_ids]
        pair = None if preset is None else (preset.iob, preset.labels)
        surprises = asked_for(batch)
        offsets, starts, ends, labels = decoder.decode(
            vectors(batch), batch.doc_offsets, is_space, batch.sent_starts, pair, surprises
        )
        batch.spans[ENTS] = SpanColumn(offsets, starts, ends, labels, self.labels)
        if surprises is not None:
            batch.add_surprise(ENTS, surprises)

    def predict_plain(self, batch: Batch) -> SpanColumn:
        """The same by the reference decoder; knows entity types that only earlier components know."""
        existing = batch.spans.get(ENTS)
        actions = self.actions.with_labels(existing.labels if existing is not None else ())
        extra = actions.n_actions - self.actions.n_actions
        score_known = state_scorer(self.model, batch)

        def score(features: Array) -> Array:
            scores = score_known(features)
            return np.concatenate([scores, np.full(extra, scores.min(), dtype=scores.dtype)])

        preset = None if existing is None else preset_of(batch, existing, actions.labels)
        is_space = batch.lexemes.is_space[batch.lexeme_ids]
        surprises = asked_for(batch)
        docs = decode_entities(
            actions, score, batch.doc_offsets, is_space, batch.sent_starts, self.n_features, preset, surprises
        )
        if surprises is not None:
            batch.add_surprise(ENTS, surprises)
        return span_column(docs, actions.labels)

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about the states of this batch."""
        is_space = batch.lexemes.is_space[batch.lexeme_ids]
        classes = np.concatenate([np.zeros(0, dtype=np.int64), *self.gold_arrays(examples)])
        gold = gold_of_classes(self.actions, classes)
        paths = self._explore(batch, gold.paths, is_space) if self.exploration else gold.paths
        states = gold_states(
            self.actions, gold, batch.doc_offsets, is_space, batch.sent_starts, self.n_features, paths
        )
        wrong = self._wrong_paths(batch, examples, is_space)
        if wrong is not None:
            return _target_with_wrong_paths(batch, states, paths, wrong)
        return DistillationTarget(
            (batch, states.features),
            lambda scores: masked_gradient(scores, states.valid, states.wanted),
            corrected_actions(states.wanted),
            states.valid,
        )

    def gold_arrays(self, examples: Sequence[Example]) -> list[Array]:
        """Of each example the class of every token's gold action, -1 where gold does not say; found once."""
        actions = self.actions
        return [
            e.prepared("ner", actions, lambda e: gold_classes(actions, e.aligned_ner())) for e in examples
        ]

    def _wrong_paths(self, batch: Batch, examples: Sequence[Example], is_space: Array) -> WrongPaths | None:
        """The ways to entities that people said are none; None where they said that of none."""
        spans = [
            (first + start, first + end, label)
            for first, example in zip(batch.doc_offsets[:-1].tolist(), examples, strict=True)
            for start, end, label in wrong_entities(example, self.incorrect_spans_key)
        ]
        if not spans:
            return None
        may_go_on = goes_on(batch.doc_offsets, batch.sent_starts, batch.n_tokens)
        return wrong_paths(self.actions, spans, is_space, may_go_on, self.n_features)

    def _explore(self, batch: Batch, gold: Paths, is_space: Array) -> Paths:
        """Gold's states in some documents, the ones that the present weights lead to in the others."""
        follow = np.random.random_sample(batch.n_docs) < self.exploration
        vectors = self.model.get_ref("tok2vec").layers[0].predict(batch)
        decoder = CompiledNer(transition_weights(self.model, self.actions), self.backend())
        return mix_paths(
            gold,
            decoder.decode(vectors, batch.doc_offsets, is_space, batch.sent_starts),
            batch.doc_offsets,
            follow,
        )


def wrong_entities(example: Example, key: str) -> Spans:
    """Spans that gold says are no entities of their type, without those that it says are."""
    if key not in example.reference.batch.spans:
        return []
    right = set(example.aligned_ents())
    return [span for span in dict.fromkeys(example.aligned_spans(key)) if span not in right]


def _target_with_wrong_paths(
    batch: Batch, states: NerStates, paths: Paths, wrong: WrongPaths
) -> DistillationTarget:
    """Gold's states, and behind them those on the ways to wrong entities: there the teacher has no say, nor
    where it would go such a way."""
    n_tokens = len(states.valid)
    leads = wrong.leads_there(paths.starts, paths.labels, states.valid.shape[1])
    against_gold = corrected_actions(states.wanted)

    def gradient(scores: Array) -> tuple[Array, float]:
        d_gold, _ = masked_gradient(scores[:n_tokens], states.valid, states.wanted)
        d_wrong = wrong.gradient(masked_softmax(scores[n_tokens:], wrong.valid))
        gradient = np.concatenate([d_gold, d_wrong])
        return gradient, float(np.vdot(gradient, gradient))

    def corrected(probabilities: Array) -> Array:
        on_tokens = probabilities[:n_tokens]
        goes_there = leads[np.arange(n_tokens), on_tokens.argmax(axis=1)][:, None]
        on_paths = np.ones((len(wrong.actions), 1), dtype=bool)
        return np.concatenate([against_gold(on_tokens) | goes_there, on_paths])

    features = np.concatenate([states.features, wrong.features])
    valid = np.concatenate([states.valid, wrong.valid])
    return DistillationTarget((batch, features), gradient, corrected, valid)


def count_actions(examples: Iterable[Example]) -> dict[int, Mapping[str, int]]:
    """How many gold tokens have each entity type; every kind of action counts them all, which fixes the order
    of the classes."""
    counts: Counter[str] = Counter()
    for example in examples:
        for start, end, label in entities_of(example.reference):
            counts[label] += end - start
    counts.pop(MISSING_LABEL, None)
    return {move: counts for move in (BEGIN, IN, LAST, UNIT)}


def actions_of(labels: Any) -> NerActions:
    """Actions from what a config or a labels file gives: entity types, `{"actions": [...]}`, or for each kind
    `{type: frequency}`.

    Raises: EngineError where it is none of these.
    """
    if isinstance(labels, Mapping) and "actions" in labels:
        return NerActions.from_json(labels["actions"])
    if isinstance(labels, Mapping) and labels:
        return NerActions.from_table(labels)
    if isinstance(labels, Sequence) and all(isinstance(label, str) for label in labels):
        return ner_actions_from_counts({move: dict.fromkeys(labels, 0) for move in (BEGIN, IN, LAST, UNIT)})
    raise ComponentError(
        f"expected a list of entity types, or a map with 'actions', got {type(labels).__name__}"
    )


def preset_of(batch: Batch, spans: SpanColumn, labels: tuple[str, ...]) -> Preset:
    """Entities of a batch as IOB numbers and ids into `labels` per token; an empty label marks blocked
    tokens."""
    iob = np.zeros(batch.n_tokens, dtype=np.int8)
    ids = np.full(batch.n_tokens, NO_LABEL, dtype=np.int32)
    by_name = {label: i for i, label in enumerate(labels)}
    begins, ends = batch.span_rows(spans)
    for start, end, label in zip(begins.tolist(), ends.tolist(), spans.label_ids.tolist(), strict=True):
        name = spans.labels[label]
        iob[start] = IOB_BEGIN
        iob[start + 1 : end] = IOB_IN if name else IOB_BEGIN
        ids[start:end] = by_name.get(name, NO_LABEL)
    return Preset(iob, ids)


def asked_for(batch: Batch) -> Array | None:
    """Where the decoder writes how sure it is; None where nobody asks. A document that it leaves early, for
    want of a valid action, stays at 0."""
    return None if batch.surprises is None else np.zeros(batch.n_tokens, dtype=np.float32)


def span_column(docs: list[list[tuple[int, int, int]]], labels: tuple[str, ...]) -> SpanColumn:
    """Spans `(start, end, label id)` of every document as a column."""
    offsets = np.zeros(len(docs) + 1, dtype=np.int64)
    np.cumsum([len(spans) for spans in docs], out=offsets[1:])
    flat = np.array([span for spans in docs for span in spans], dtype=np.int32).reshape(-1, 3)
    return SpanColumn(offsets, flat[:, 0].copy(), flat[:, 1].copy(), flat[:, 2].copy(), labels)


@optional_arguments("exploration")
@with_defaults(model=DEFAULT_NER, scorer={"@scorers": "freshet.ner_scorer.v1"})
@registry.factories("ner")
def make_ner(
    name: str,
    model: Model[tuple[Batch, Rows], Floats2d],
    moves: Any = None,
    update_with_oracle_cut_size: int = 100,
    incorrect_spans_key: str | None = None,
    scorer: Scorer | None = None,
    exploration: float = 0.0,
) -> EntityRecognizer:
    """Named entities. `moves`: actions from elsewhere. `update_with_oracle_cut_size` is read and not needed:
    whole documents are learned at once, in any length. `exploration`: share of documents that are learned
    from the states that the present weights lead to, not from gold's. `incorrect_spans_key`: group of gold
    spans that are known to be no entities of their type; null: the one that corrections put theirs into.
    """
    component = EntityRecognizer(name, model, scorer, exploration, incorrect_spans_key or WRONG_ENTS)
    if moves is not None:
        component.load_labels(moves)
    return component
