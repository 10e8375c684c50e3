# SPDX-License-Identifier: Apache-2.0
"""The component `trainable_lemmatizer`: lemmas by edit trees, one class per tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import UNSET, Batch
from ..doc.example import Example
from ..errors import ComponentError
from ..vocab.lexeme_features import shape_of
from .compiled import compile_best_classes
from .component import Array, GetExamples, Losses, Scorer, TrainableComponent, missing_labels, sample_scores
from .defaults import DEFAULT_TAGGER
from .edit_trees import EditTrees
from .label_columns import write_column
from .losses import label_gradient
from .targets import DistillationTarget, corrected_classes, learn

LEMMA = "lemma"
BACKOFFS = ("orth", "norm", "lower", "shape")
"""What may stand for a lemma where no tree fits."""

MAX_KNOWN = 1 << 17
"""Pairs of word and class whose lemmas are kept; when full, the memory starts anew."""

Pair = tuple[str, int]


class TrainableLemmatizer(TrainableComponent):
    """Classifies every token into edit trees; the first of the `top_k` best trees that fits the word makes
    its lemma."""

    factory = "trainable_lemmatizer"

    def __init__(
        self,
        name: str,
        model: Model[Batch, Floats2d],
        backoff: str | None,
        min_tree_freq: int,
        overwrite: bool,
        top_k: int,
        scorer: Scorer | None,
    ) -> None:
        super().__init__(name, model, scorer)
        if backoff is not None and backoff not in BACKOFFS:
            raise ComponentError(
                f"expected backoff of {name!r} to be null or one of {', '.join(BACKOFFS)}, got {backoff!r}"
            )
        if top_k < 1:
            raise ComponentError(f"expected top_k of {name!r} to be 1 or more, got {top_k}")
        self.backoff, self.min_tree_freq, self.overwrite, self.top_k = (
            backoff,
            min_tree_freq,
            overwrite,
            top_k,
        )
        self.trees = EditTrees()
        self._tree_of: tuple[int, ...] = ()
        self._class_of: dict[int | None, int] = {}
        self._lemmas: dict[Pair, str | None] = {}
        self._targets: dict[tuple[str, str], int] = {}

    def initialize(
        self, get_examples: GetExamples, sample: Batch, labels: Mapping[str, Any] | None = None
    ) -> None:
        """Take the trees from the gold lemmas, those seen often enough, unless they are given; draw the
        weights."""
        if labels is not None:
            self.load_labels(labels)
        else:
            self.trees = EditTrees()
            self._take_classes(
                [
                    self.trees.add(form, lemma)
                    for form, lemma in frequent_pairs(get_examples(), self.min_tree_freq)
                ]
            )
        if not self.labels:
            raise missing_labels(self.name, f"lemmas whose tree is seen {self.min_tree_freq} times")
        self.model.initialize(X=sample, Y=sample_scores(sample, len(self.labels)))
        self.weights_changed()

    @property
    def class_names(self) -> tuple[Hashable, ...]:
        """None: each lemmatizer numbers its trees for itself."""
        return ()

    @property
    def n_classes(self) -> int:
        """One for each tree that is a label."""
        return len(self.labels)

    def label_state(self) -> dict[str, Any]:
        """Tree of each class, and the trees."""
        return {"labels": list(self._tree_of), "trees": self.trees.to_json()}

    @property
    def label_data(self) -> Any:
        """Tree of each class, and the trees, as spaCy's files of labels have them."""
        return {"trees": self.trees.to_maps(), "labels": list(self._tree_of)} if self._tree_of else None

    def load_labels(self, labels: Mapping[str, Any]) -> None:
        """Take over what `label_state` gave. Raises: EngineError where the trees do not hold together."""
        try:
            trees, numbers = (
                EditTrees.from_json(labels["trees"]),
                [int(number) for number in labels["labels"]],
            )
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ComponentError(
                "expected edit trees and the numbers of those that are classes (trees, labels) for "
                f"{self.name!r}, "
                f"got {str(labels)[:80]}: {type(error).__name__} {error}"
            ) from None
        self.trees = trees
        self._take_classes(numbers)

    def _take_classes(self, trees: Sequence[int]) -> None:
        if any(not 0 <= number < len(self.trees) for number in trees):
            raise ComponentError(
                f"expected classes of {self.name!r} to be edit trees below {len(self.trees)}, got "
                f"{max(trees)}"
            )
        self._tree_of = tuple(trees)
        self.labels = tuple(str(number) for number in trees)
        self._class_of = {number: position for position, number in enumerate(trees)}
        self._lemmas, self._targets = {}, {}

    def predict(self, batch: Batch) -> None:
        """Write the column `lemma`; where no lemma is found, one that is there stays. An empty one, where a
        tree takes all away, is one."""
        if self.compiled is None:
            self.require_initialized()
            self.compiled = compile_best_classes(self.model, self.backend(), self.top_k)
        classes: Array = self.compiled(batch)
        ids, lemmas = self._lemmatize(batch, classes)
        old = batch.columns.get(LEMMA)
        write_column(batch, LEMMA, ids, lemmas, overwrite=self.overwrite)
        if self.overwrite and old is not None:
            write_column(batch, LEMMA, old.ids, old.labels, overwrite=False, empty_is_set=True)

    def _lemmatize(self, batch: Batch, classes: Array) -> tuple[Array, tuple[str, ...]]:
        """Lemmas as ids and labels: by the best class that fits, else by the backoff. Shape: classes
        `(n_tokens, top_k)`."""
        ids = np.full(batch.n_tokens, UNSET, dtype=np.int64)
        lemmas: dict[str, int] = {}
        open_rows = np.arange(batch.n_tokens)
        for rank in range(classes.shape[1]):
            pairs, which = _distinct(batch.lexeme_ids[open_rows], classes[open_rows, rank])
            made = [self._lemma(batch.lexemes.text(lexeme), cls) for lexeme, cls in pairs]
            numbers = [UNSET if lemma is None else lemmas.setdefault(lemma, len(lemmas)) for lemma in made]
            ids[open_rows] = np.array(numbers, dtype=np.int64)[which]
            open_rows = open_rows[ids[open_rows] == UNSET]
        if self.backoff is not None and len(open_rows):
            texts = self._backed_off(batch, batch.lexeme_ids[open_rows])
            ids[open_rows] = [lemmas.setdefault(text, len(lemmas)) for text in texts]
        return ids, tuple(lemmas)

    def _lemma(self, text: str, cls: int) -> str | None:
        key = (text, cls)
        if key not in self._lemmas:
            if len(self._lemmas) >= MAX_KNOWN:
                self._lemmas = {}
            self._lemmas[key] = self.trees.apply(self._tree_of[cls], text)
        return self._lemmas[key]

    def _backed_off(self, batch: Batch, lexemes: Array) -> list[str]:
        if self.backoff == "norm":
            return batch.lexemes.norms(lexemes)
        texts = batch.lexemes.texts(lexemes)
        if self.backoff == "lower":
            return [text.lower() for text in texts]
        return [shape_of(text) for text in texts] if self.backoff == "shape" else texts

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about this batch; a lemma that none of the trees makes says nothing."""
        targets = np.array([cls for example in examples for cls in self.targets(example)], dtype=np.int64)
        return DistillationTarget(
            batch, lambda scores: label_gradient(scores, targets), corrected_classes(targets)
        )

    def targets(self, example: Example) -> list[int]:
        """The class of each predicted token, -1 where unknown."""
        pairs = zip(example.predicted.words, example.aligned_labels(LEMMA), strict=True)
        return [-1 if lemma is None else self._target(word, lemma) for word, lemma in pairs]

    def _target(self, word: str, lemma: str) -> int:
        key = (word, lemma)
        if key not in self._targets:
            if len(self._targets) >= MAX_KNOWN:
                self._targets = {}
            self._targets[key] = self._class_of.get(self.trees.find(word, lemma), -1)
        return self._targets[key]


def frequent_pairs(examples: Iterable[Example], min_tree_freq: int) -> list[tuple[str, str]]:
    """A form and a lemma for each tree that so many gold words have, in order of first appearance."""
    trees = EditTrees()
    counts: Counter[int] = Counter()
    pairs: dict[int, tuple[str, str]] = {}
    seen: dict[tuple[str, str], int] = {}
    for example in examples:
        for pair in zip(example.reference.words, example.gold_labels(LEMMA), strict=True):
            if pair[1]:
                tree = seen[pair] if pair in seen else seen.setdefault(pair, trees.add(*pair))
                counts[tree] += 1
                pairs.setdefault(tree, pair)
    return [pairs[tree] for tree, count in counts.items() if count >= min_tree_freq]


def _distinct(lexemes: Array, classes: Array) -> tuple[list[tuple[int, int]], Array]:
    """The different pairs of lexeme and class, and for each row which one it has."""
    n_classes = int(classes.max()) + 1 if len(classes) else 1
    pairs, which = np.unique(lexemes.astype(np.int64) * n_classes + classes, return_inverse=True)
    return [divmod(pair, n_classes) for pair in pairs.tolist()], which.reshape(-1)


@with_defaults(model=DEFAULT_TAGGER, scorer={"@scorers": "freshet.lemmatizer_scorer.v1"})
@registry.factories("trainable_lemmatizer")
@registry.factories("experimental_edit_tree_lemmatizer")  # its name in spacy-experimental
def make_trainable_lemmatizer(
    name: str,
    model: Model[Batch, Floats2d],
    backoff: str | None = "orth",
    min_tree_freq: int = 3,
    overwrite: bool = False,
    top_k: int = 1,
    scorer: Scorer | None = None,
) -> TrainableLemmatizer:
    """Lemmas, learned: a tree of edits per token."""
    return TrainableLemmatizer(name, model, backoff, min_tree_freq, overwrite, top_k, scorer)
