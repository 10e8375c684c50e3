# SPDX-License-Identifier: Apache-2.0
"""The component `parser`: dependency trees, and the sentences that they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import optional_arguments, with_defaults
from ..config.registry import registry
from ..decoders import ParserActions, decode_arcs, parser_actions_from_counts
from ..decoders.parser_actions import BREAK, DEP, LEFT, REDUCE, RIGHT, SHIFT
from ..doc.batch import Batch, LabelColumn
from ..doc.example import Example
from ..doc.token_merge import merge_tokens
from ..doc.tree import ROOT
from ..errors import ComponentError
from ..kernels import finish_trees
from ..kernels.parser import GoldArcs, ParserStates, StateVectors, gold_arcs, walk_rows
from ..layers.ragged import Array as Rows
from .compiled import compile_arcs, transition_weights
from .component import Array, GetExamples, Losses, Scorer, TrainableComponent, missing_labels
from .constructors import BeamAccess
from .defaults import DEFAULT_PARSER
from .losses import masked_gradient
from .mergers import subtokens
from .state_scorer import n_features_of, state_scorer
from .targets import DistillationTarget, corrected_actions, learn

COLUMN = "dep"


class DependencyParser(BeamAccess, TrainableComponent):
    """Finds the head of every token, the label of its arc, and where sentences start.

    Learns by walking through documents with the present weights, and asking gold at each step what can still
    be had.
    """

    factory = "parser"
    beam_factory = "beam_parser"

    def scored_parses(self, beams: Any) -> Any:
        """How likely heads and labels are in all ways that `beam_parse` kept."""
        return self._searching().scored_parses(beams)

    def __init__(
        self,
        name: str,
        model: Model[tuple[Batch, Rows], Floats2d],
        scorer: Scorer | None,
        *,
        min_action_freq: int = 30,
        learn_tokens: bool = False,
        exploration: float = 1.0,
    ) -> None:
        super().__init__(name, model, scorer)
        self.min_action_freq = min_action_freq
        self.learn_tokens = learn_tokens
        self.exploration = exploration
        self.actions = ParserActions((), ())
        self.counts: Mapping[int, Mapping[str, int]] | None = None

    def initialize(self, get_examples: GetExamples, sample: Batch, labels: Any = None) -> None:
        """Take actions from the gold trees unless they (or labels) are given; draw the weights.

        Without any example its only relation is the one that says nothing.
        """
        if labels is None and not any(True for _ in get_examples()):
            labels = [DEP]
        if labels is None:
            counts = count_actions(get_examples())
            if not counts[BREAK]:
                raise missing_labels(self.name, "dependency trees")
            self._take_actions(
                parser_actions_from_counts(counts, self.min_action_freq, learn_tokens=self.learn_tokens)
            )
            self.counts = counts
        else:
            self._take_actions(actions_of(labels, learn_tokens=self.learn_tokens))
        scores = np.zeros((1, self.actions.n_actions), dtype=np.float32)
        self.model.initialize(
            X=(sample, np.full((1, n_features_of(self.model)), -1, dtype=np.int64)), Y=scores
        )
        self.weights_changed()

    @property
    def class_names(self) -> tuple[Hashable, ...]:
        """Kind and label of each action."""
        return tuple(zip(self.actions.moves, self.actions.names, strict=True))

    @property
    def move_names(self) -> list[str]:
        """Kind and label of each action, such as `L-nsubj`, in class order."""
        return self.actions.class_names

    def label_state(self) -> dict[str, Any]:
        """Actions in class order."""
        return {"actions": self.actions.to_json()}

    def load_labels(self, labels: Mapping[str, Any]) -> None:
        """Take over what `label_state` gave."""
        self._take_actions(ParserActions.from_json(labels["actions"]))

    def _take_actions(self, actions: ParserActions) -> None:
        self.actions = actions
        self.labels = actions.labels
        self.counts = None

    @property
    def label_data(self) -> Any:
        """Kinds of action, each with its labels and their frequency, as spaCy's files of labels have it."""
        return self.actions.to_table(self.counts) if self.actions.moves else None

    def labels_to_find(self, examples: Iterable[Example]) -> list[str]:
        """Labels of arcs that are frequent enough."""
        counts = count_actions(examples)
        both = [pair for kind in (LEFT, RIGHT) for pair in counts[kind].items()]
        seen = {label for label, count in both if count >= self.min_action_freq}
        return sorted(seen - set(self.labels))

    def predict(self, batch: Batch) -> None:
        """Write heads, the column `dep` and sentence starts; starts that are there already bound the
        trees."""
        if self.compiled is None:
            self.require_initialized()
            self.compiled = compile_arcs(self.model, self.actions, self.backend())
        if self.compiled is None:
            self.predict_plain(batch)
            return
        vectors, parser = self.compiled
        self._write(batch, *parser.decode(vectors(batch), batch.doc_offsets, batch.sent_starts))

    def predict_plain(self, batch: Batch) -> None:
        """The same by the reference decoder."""
        score = state_scorer(self.model, batch)
        arcs = decode_arcs(
            self.actions, score, batch.doc_offsets, batch.sent_starts, n_features_of(self.model)
        )
        self._write(batch, arcs.heads, arcs.labels)

    def _write(self, batch: Batch, heads: Array, labels: Array) -> None:
        is_space = batch.lexemes.is_space[batch.lexeme_ids]
        root, label_parts = self.actions.root_id, self.actions.label_parts
        batch.heads, batch.sent_starts = finish_trees(
            heads, labels, batch.doc_offsets, is_space, root, label_parts
        )
        batch.columns[COLUMN] = LabelColumn(labels, self.actions.labels)
        if self.learn_tokens:
            merge_tokens(batch, list(subtokens(batch)))

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        self.require_initialized()
        learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about the states of this batch."""
        states, vectors = self._walk(batch, examples)
        wanted = states.wanted & is_annotated(states.features, batch.doc_offsets, examples)[:, None]
        known = import_module("engine.layers.state_update").KnownStates  # annotating needs none of it
        return DistillationTarget(
            known.of(batch, states.features, vectors, self.model.get_ref("lower")),
            lambda scores: masked_gradient(scores, states.valid, wanted),
            corrected_actions(wanted),
            states.valid,
        )

    def gold_arrays(self, examples: Sequence[Example]) -> list[tuple[Array, Array, Array]]:
        """Of each example heads within it, label ids and sentence starts; found once."""
        return gold_trees(examples, self.actions)

    def states_to_learn(self, batch: Batch, examples: Sequence[Example]) -> ParserStates:
        """States on the way of the present weights in a share of the documents, on the way to gold in the
        others."""
        return self._walk(batch, examples)[0]

    def _walk(self, batch: Batch, examples: Sequence[Example]) -> tuple[ParserStates, StateVectors]:
        model, weights = self.model, transition_weights(self.model, self.actions)
        tokens = model.get_ref("tok2vec").predict(batch)
        sums = import_module("engine.kernels.learning.state_sums")  # annotating needs none of it
        rows = sums.rows_of_products(tokens, weights.lower_W, weights.lower_pad)
        explore = np.random.random_sample(batch.n_docs) < self.exploration
        gold, subtok = gold_of(examples, batch.doc_offsets, self.actions), self.actions.subtok_id
        return walk_rows(rows, weights, batch.doc_offsets, gold, explore, batch.sent_starts, subtok)


def is_annotated(features: Array, doc_offsets: Array, examples: Sequence[Example]) -> Array:
    """Which states are of documents with trees or sentences: in the others gold wants nothing. Shape:
    `(n_states,)`, bool."""
    annotated = np.array([example.has(COLUMN) or example.has("sents") for example in examples], dtype=bool)
    docs = np.searchsorted(doc_offsets, features.max(axis=1, initial=0), side="right") - 1
    known: Array = annotated[docs]
    return known


def gold_of(examples: Sequence[Example], doc_offsets: Array, actions: ParserActions) -> GoldArcs:
    """The gold trees of a batch, with label ids that there are actions for."""
    trees = gold_trees(examples, actions)
    heads, labels = (np.concatenate([np.zeros(0, np.int64), *(tree[i] for tree in trees)]) for i in range(2))
    starts = np.concatenate([np.zeros(0, np.int8), *(tree[2] for tree in trees)])
    firsts = np.repeat(doc_offsets[:-1], np.diff(doc_offsets))
    return gold_arcs(np.where(heads >= 0, heads + firsts, heads), labels, starts)


def gold_trees(examples: Sequence[Example], actions: ParserActions) -> list[tuple[Array, Array, Array]]:
    """Of each example heads within it, label ids and sentence starts; found once."""
    pairs = zip(actions.moves, actions.names, actions.label_ids.tolist(), strict=True)
    known = {(move, name): label for move, name, label in pairs if move in (LEFT, RIGHT)}
    return [example.prepared("parser", actions, lambda e: _gold_tree(e, known)) for example in examples]


def _gold_tree(example: Example, known: Mapping[tuple[int, str], int]) -> tuple[Array, Array, Array]:
    found, names = example.aligned_parse()
    heads, labels = np.full((2, len(found)), -1, dtype=np.int64)
    for i, (head, label) in enumerate(zip(found, names, strict=True)):
        if label is not None:
            move = LEFT if head > i else RIGHT
            heads[i], labels[i] = head, known.get((move, label), known.get((move, DEP), -1))
    return heads, labels, example.aligned_sent_starts()


def count_actions(examples: Iterable[Example]) -> dict[int, Counter[str]]:
    """How often each label goes with each kind of action in gold trees without crossing arcs."""
    counts: dict[int, Counter[str]] = {move: Counter() for move in (SHIFT, REDUCE, LEFT, RIGHT, BREAK)}
    for example in examples:
        for i, (head, label) in enumerate(zip(*example.aligned_parse(), strict=True)):
            if label is None:
                continue
            if head == i:
                counts[BREAK][ROOT if label.upper() == ROOT else label] += 1
                continue
            counts[LEFT if head > i else RIGHT][label] += 1
            counts[SHIFT if head > i else REDUCE][""] += 1
    return counts


def actions_of(labels: Any, *, learn_tokens: bool = False) -> ParserActions:
    """Actions from what a config or a labels file gives: labels, `{"actions": [...]}`, or `{kind: {label:
    frequency}}`.

    Raises: EngineError where it is none of these.
    """
    if isinstance(labels, Mapping) and "actions" in labels:
        return ParserActions.from_json(labels["actions"])
    if isinstance(labels, Mapping) and labels:
        return ParserActions.from_table(labels).with_fixed(learn_tokens=learn_tokens)
    if isinstance(labels, Sequence) and all(isinstance(label, str) for label in labels):
        plain = dict.fromkeys((label for label in labels if label.upper() != ROOT), 0)
        return parser_actions_from_counts({LEFT: plain, RIGHT: plain}, learn_tokens=learn_tokens)
    raise ComponentError(
        f"expected a list of dependency labels, or a map with 'actions', got {type(labels).__name__}"
    )


@optional_arguments("exploration")
@with_defaults(model=DEFAULT_PARSER, scorer={"@scorers": "freshet.parser_scorer.v1"})
@registry.factories("parser")
def make_parser(
    name: str,
    model: Model[tuple[Batch, Rows], Floats2d],
    moves: Any = None,
    update_with_oracle_cut_size: int = 100,
    learn_tokens: bool = False,
    min_action_freq: int = 30,
    scorer: Scorer | None = None,
    exploration: float = 1.0,
) -> DependencyParser:
    """Dependency trees. `moves`: actions from elsewhere. `update_with_oracle_cut_size` is read and not
    needed: whole documents are learned at once, in any length. `min_action_freq`: labels seen less often with
    a kind of action are learned as `dep`. `exploration`: share of documents that are learned from the states
    that the present weights lead to, not from gold's.
    """
    options: dict[str, Any] = {
        "min_action_freq": min_action_freq,
        "learn_tokens": learn_tokens,
        "exploration": exploration,
    }
    component = DependencyParser(name, model, scorer, **options)
    if moves is not None:
        component.load_labels(moves)
    return component
