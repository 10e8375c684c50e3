# SPDX-License-Identifier: Apache-2.0
"""The components `spancat` and `spancat_singlelabel`: labels of spans that a suggester proposes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch, SpanColumn
from ..doc.batch_writer import SpanValue
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.partial_gold import RIGHT, WRONG
from ..errors import ComponentError
from ..layers.span_vectors import SpanInput, gather_spans
from ..models.spancat import SPAN_MODEL
from ..scoring.units import HALF
from .batch_spans import checked_key
from .compiled import compile_tok2vec
from .component import Array, GetExamples, Losses, Scorer, Scores, TrainableComponent, missing_labels
from .defaults import default_spancat
from .growth import MARGIN, SHOWN_MARGIN, NewClass
from .losses import denied_gradient
from .on_documents import batch_of_docs
from .suggesters import Suggester
from .targets import DistillationTarget, learn

SIZES = {"@misc": "freshet.ngram_suggester.v1", "sizes": [1, 2, 3]}


class SpanCategorizer(TrainableComponent):
    """Scores every label for every suggested span.

    A span gets all labels that reach `threshold`, the best `max_positive` of them at most. Where labels are
    `exclusive`, it gets the best one, unless "no label" is better; without `allow_overlap` better spans take
    the place of others.
    """

    factory = "spancat"
    documented = ("vocab", "model", "suggester", "name")

    def __init__(
        self,
        name: str,
        model: Model[SpanInput, Floats2d],
        suggester: Suggester,
        spans_key: str,
        scorer: Scorer | None,
        *,
        exclusive: bool,
        threshold: float = 0.5,
        max_positive: int | None = None,
        negative_weight: float | None = None,
        allow_overlap: bool = True,
    ) -> None:
        super().__init__(name, model, scorer)
        self.suggester, self.spans_key = suggester, checked_key(name, spans_key)
        self.exclusive, self.threshold, self.max_positive = exclusive, threshold, max_positive
        self.negative_weight, self.allow_overlap = negative_weight, allow_overlap

    @property
    def key(self) -> str:
        """The key of the group of spans."""
        return self.spans_key

    @property
    def n_classes(self) -> int:
        """Labels, and "no label" behind them where labels are exclusive."""
        return len(self.labels) + int(self.exclusive)

    def initialize(
        self, get_examples: GetExamples, sample: Batch, labels: Sequence[str] | None = None
    ) -> None:
        """Take the labels from the gold spans in order of first appearance, unless they are given; draw the
        weights."""
        if labels is None:
            groups = (example.reference.spans.get(self.spans_key, ()) for example in get_examples())
            labels = list(dict.fromkeys(span.label_ for group in groups for span in group))
        if not labels:
            raise missing_labels(self.name, f"spans under the key {self.spans_key!r}")
        self.labels = tuple(labels)
        spans = np.array([[0, min(1, sample.n_tokens)]])
        self.model.initialize(X=(sample, spans), Y=np.zeros((1, self.n_classes), dtype=np.float32))
        self.weights_changed()

    def predict(self, batch: Batch) -> None:
        """Write the group `spans_key`, with the score of each span."""
        spans, lengths = self.suggest(batch)
        scores = self._scores(batch, spans) if len(spans) else np.zeros((0, self.n_classes), dtype=np.float32)
        self.require_initialized()
        docs = np.repeat(np.arange(batch.n_docs), lengths)
        which, labels = self._choose(spans, docs, scores)
        first = batch.doc_offsets[docs[which]]
        starts, ends = ((spans[which, side] - first).astype(np.int32) for side in (0, 1))
        offsets = np.concatenate([[0], np.cumsum(np.bincount(docs[which], minlength=batch.n_docs))])
        batch.spans[self.spans_key] = SpanColumn(
            offsets, starts, ends, labels, self.labels, scores=scores[which, labels]
        )

    def set_candidates(self, docs: Iterable[Doc], *, candidates_key: str = "candidates") -> None:
        """Write what the suggester gives as groups of spans without labels, to look at."""
        for doc in docs:
            batch = batch_of_docs([doc])
            doc.set_group(candidates_key, [SpanValue(int(a), int(b), "") for a, b in self.suggest(batch)[0]])

    def suggest(self, batch: Batch) -> tuple[Array, Array]:
        """Suggested spans by rows of the batch, and how many each document has. Shape: `(n_spans, 2)`,
        `(n_docs,)`.

        Raises: EngineError where the suggester gives spans that are none.
        """
        candidates = self.suggester([Doc(batch, index) for index in range(batch.n_docs)], ops=self.model.ops)
        lengths = np.asarray(candidates.lengths, dtype=np.int64)
        spans = np.asarray(candidates.dataXd, dtype=np.int64).reshape(-1, 2)
        sizes = np.repeat(np.diff(batch.doc_offsets), lengths)
        if (
            len(lengths) != batch.n_docs
            or ((spans[:, 0] < 0) | (spans[:, 0] >= spans[:, 1]) | (spans[:, 1] > sizes)).any()
        ):
            raise ComponentError(
                f"expected the suggester of {self.name!r} to give spans of tokens for each document, got "
                "others; correct it"
            )
        return spans + np.repeat(batch.doc_offsets[:-1], lengths)[:, None], lengths

    def _scores(self, batch: Batch, spans: Array) -> Array:
        scores: Array
        if self.model.attrs.get("kind") != SPAN_MODEL:
            scores = self.model.predict((batch, spans))
            return scores
        if self.compiled is None:
            self.require_initialized()
            self.compiled = compile_tok2vec(self.model.get_ref("tok2vec"), self.backend())
        reduced = self.model.get_ref("reducer").predict(gather_spans(self.compiled(batch), spans))
        scores = self.model.get_ref("scorer").predict(reduced)
        return scores

    def _choose(self, spans: Array, docs: Array, scores: Array) -> tuple[Array, Array]:
        """Which spans get a label, document after document, and which one."""
        if self.exclusive:
            return self._best(spans, docs, scores)
        chosen = scores >= self.threshold
        if self.max_positive is not None and self.max_positive < scores.shape[1]:
            ranks = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1, kind="stable")
            chosen &= ranks < self.max_positive
        which, labels = np.nonzero(chosen)
        return which, labels

    def _best(self, spans: Array, docs: Array, scores: Array) -> tuple[Array, Array]:
        labels = scores.argmax(axis=1) if len(scores) else np.zeros(0, dtype=np.int64)
        best = scores[np.arange(len(scores)), labels]
        which = np.flatnonzero(labels < len(self.labels))
        if not self.allow_overlap:
            which = which[np.lexsort((-best[which], docs[which]))]
            which = _without_overlaps(spans, which)
        return which, labels[which]

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        if len(self.suggest(batch)[0]):
            learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about this batch."""
        spans, lengths = self.suggest(batch)
        truths, weights, denied = self.targets(batch, examples, spans, lengths)

        def gradient(scores: Array) -> tuple[Array, float]:
            d_scores = (scores - truths) * weights
            if denied.any():
                d_scores += denied_gradient(scores, denied)
            return d_scores, float((d_scores**2).sum())

        def corrected(teacher: Array) -> Array:
            said = teacher > HALF
            against: Array = ((weights > 0) & (said != (truths > HALF))) | (denied & said)
            return against

        return DistillationTarget((batch, spans), gradient, corrected, exclusive=self.exclusive)

    def targets(
        self, batch: Batch, examples: Sequence[Example], spans: Array, lengths: Array
    ) -> tuple[Array, Array, Array]:
        """Gold values of every suggested span, the weight of each value, 0 where gold says nothing, and which
        classes of a span are known to be wrong while the right one is not known.

        Shape: `(n_spans, n_classes)`; weights `(n_spans, 1)` where no document knows single spans alone.
        """
        truths = np.zeros((len(spans), self.n_classes), dtype=np.float32)
        denied = np.zeros(truths.shape, dtype=bool)
        known = [example.reference.has(self.spans_key) for example in examples]
        weights = np.repeat(np.array(known, dtype=np.float32), lengths)[:, None]
        rows = _SaidSpans(batch, examples, spans, self.labels)
        for row, label in rows.of(self.spans_key):
            truths[row, label] = 1.0
        right, wrong = list(rows.of(RIGHT + self.spans_key)), list(rows.of(WRONG + self.spans_key))
        if right or wrong:
            weights = np.broadcast_to(weights, truths.shape).copy()
        for row, label in right:
            truths[row, label] = 1.0
            weights[row, slice(None) if self.exclusive else label] = 1.0
        for row, label in wrong:
            if self.exclusive:
                denied[row, label] = not weights[row, label]
            else:
                weights[row, label] = 1.0
        if self.exclusive:
            negative = ~truths.any(axis=1)
            truths[negative, -1] = 1.0
            if self.negative_weight is not None:
                weights[negative] *= np.float32(self.negative_weight)
        return truths, weights, denied

    @property
    def class_names(self) -> tuple[Hashable, ...]:
        """Labels, and None for "no label" where they are exclusive."""
        return (*self.labels, None) if self.exclusive else self.labels

    @property
    def first_new_class(self) -> int:
        """Behind the labels: "no label" stays the last class."""
        return len(self.labels)

    def new_classes(self, labels: Sequence[str]) -> list[NewClass]:
        """Each begins with next to no probability, or with one well below `threshold`."""
        if self.exclusive:
            return [NewClass(tuple(range(self.n_classes)), SHOWN_MARGIN) for _ in labels]
        bar = min(max(self.threshold, 1e-6), HALF)
        return [NewClass(lower=MARGIN + float(np.log1p(-bar) - np.log(bar))) for _ in labels]

    def gold_labels_of(self, example: Example) -> Iterable[str]:
        """Labels of spans."""
        groups = (example.reference.spans.get(key, ()) for key in (self.spans_key, RIGHT + self.spans_key))
        return (span.label_ for group in groups for span in group)

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer, which is told the key."""
        return self.scorer(examples, spans_key=self.spans_key) if self.scorer is not None else {}


class _SaidSpans:
    """Which suggested span and which label gold's spans are."""

    def __init__(
        self, batch: Batch, examples: Sequence[Example], spans: Array, labels: Sequence[str]
    ) -> None:
        self._documents = list(zip(batch.doc_offsets[:-1].tolist(), examples, strict=True))
        self._ids = {label: i for i, label in enumerate(labels)}
        self._row_of = {(start, end): row for row, (start, end) in enumerate(spans.tolist())}

    def of(self, key: str) -> Iterator[tuple[int, int]]:
        """Row and label id of each gold span of a group that is suggested and has a label of the head."""
        for first, example in self._documents:
            for start, end, label in example.aligned_spans(key):
                row = self._row_of.get((first + start, first + end))
                if row is not None and label in self._ids:
                    yield row, self._ids[label]


def _without_overlaps(spans: Array, which: Array) -> Array:
    """Of these spans, in this order, those that share no token with one before."""
    taken: set[int] = set()
    rows = []
    for row in which.tolist():
        tokens = range(*spans[row].tolist())
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            rows.append(row)
    return np.array(rows, dtype=np.int64)


@with_defaults(
    model=default_spancat(exclusive=False), suggester=SIZES, scorer={"@scorers": "freshet.spancat_scorer.v1"}
)
@registry.factories("spancat")
def make_spancat(
    name: str,
    model: Model[SpanInput, Floats2d],
    suggester: Any,
    spans_key: str = "sc",
    threshold: float = 0.5,
    max_positive: int | None = None,
    scorer: Scorer | None = None,
) -> SpanCategorizer:
    """Labels of spans, any number for each."""
    return SpanCategorizer(
        name,
        model,
        suggester,
        spans_key,
        scorer,
        exclusive=False,
        threshold=threshold,
        max_positive=max_positive,
    )


@with_defaults(
    model=default_spancat(exclusive=True), suggester=SIZES, scorer={"@scorers": "freshet.spancat_scorer.v1"}
)
@registry.factories("spancat_singlelabel")
def make_spancat_singlelabel(
    name: str,
    model: Model[SpanInput, Floats2d],
    suggester: Any,
    spans_key: str = "sc",
    negative_weight: float = 1.0,
    allow_overlap: bool = True,
    scorer: Scorer | None = None,
) -> SpanCategorizer:
    """Labels of spans, one for each at most."""
    return SpanCategorizer(
        name,
        model,
        suggester,
        spans_key,
        scorer,
        exclusive=True,
        negative_weight=negative_weight,
        allow_overlap=allow_overlap,
    )
