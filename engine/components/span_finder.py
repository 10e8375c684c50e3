# SPDX-License-Identifier: Apache-2.0
"""The component `span_finder`: spans without labels, between tokens where one may start and one may end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch, SpanColumn
from ..doc.example import Example
from ..errors import ComponentError
from .batch_spans import checked_key
from .component import Array, GetExamples, Losses, Scorer, Scores, TrainableComponent
from .defaults import DEFAULT_SPAN_FINDER
from .targets import DistillationTarget, learn, probability_target

START, END = 0, 1
"""Columns of the model's output."""


class SpanFinder(TrainableComponent):
    """Every token that may start a span with every one that may end it, within the wanted lengths.

    What it finds has no label: a `spancat` with the suggester of preset spans may follow.
    """

    factory = "span_finder"

    def __init__(
        self,
        name: str,
        model: Model[Batch, Floats2d],
        spans_key: str = "sc",
        threshold: float = 0.5,
        max_length: int | None = None,
        min_length: int | None = None,
        scorer: Scorer | None = None,
    ) -> None:
        super().__init__(name, model, scorer)
        self.spans_key, self.threshold = checked_key(name, spans_key), threshold
        self.min_length, self.max_length = _checked_lengths(name, min_length, max_length)

    def initialize(self, get_examples: GetExamples, sample: Batch) -> None:
        """Draw the weights."""
        self.model.initialize(X=sample, Y=np.zeros((max(sample.n_tokens, 1), 2), dtype=np.float32))
        self.weights_changed()

    def label_state(self) -> dict[str, Any]:
        """There are no labels."""
        return {}

    def load_labels(self, labels: Mapping[str, Any]) -> None:
        """There are no labels."""

    def predict(self, batch: Batch) -> None:
        """Write the group `spans_key`, by start and end."""
        self.require_initialized()
        scores = self.model.predict(batch) if batch.n_tokens else np.zeros((0, 2), dtype=np.float32)
        parts = [self._spans(scores[batch.rows(doc)] >= self.threshold) for doc in range(batch.n_docs)]
        offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
        spans = np.concatenate([*parts, np.zeros((0, 2), dtype=np.int64)]).astype(np.int32)
        no_label = np.zeros(len(spans), dtype=np.int32)
        starts, ends = (np.ascontiguousarray(spans[:, side]) for side in (0, 1))
        batch.spans[self.spans_key] = SpanColumn(offsets, starts, ends, no_label, ("",))

    def _spans(self, likely: Array) -> Array:
        """Tokens `start:end` of a document. Shape: `(n_spans, 2)`."""
        first, last = np.flatnonzero(likely[:, START]), np.flatnonzero(likely[:, END])
        pairs = np.stack(np.meshgrid(first, last + 1, indexing="ij"), axis=-1).reshape(-1, 2)
        lengths = pairs[:, 1] - pairs[:, 0]
        fits = lengths >= max(self.min_length or 1, 1)
        if self.max_length is not None:
            fits &= lengths <= self.max_length
        spans: Array = pairs[fits]
        return spans

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about this batch."""
        truths, known = self.targets(examples)
        return probability_target(batch, truths, known, loss=np.sum, exclusive=False)

    def targets(self, examples: Sequence[Example]) -> tuple[Array, Array]:
        """Whether a gold span starts, and ends, at each predicted token, and where gold says anything: not
        of documents without the group, nor of tokens that fit no gold ones. Shape: `(n_tokens, 2)`,
        `(n_tokens, 1)`."""
        parts, knowns = [], []
        for example in examples:
            truths = np.zeros((len(example), 2), dtype=np.float32)
            for start, end, _ in example.aligned_spans(self.spans_key):
                truths[start, START] = truths[end - 1, END] = 1.0
            knows = example.reference.has(self.spans_key)
            fits = [knows and last > first for first, last in example.to_gold.ranges()]
            parts.append(truths)
            knowns.append(np.array(fits, dtype=np.float32).reshape(-1, 1))
        return np.concatenate(parts), np.concatenate(knowns)

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer, which is told the key."""
        return self.scorer(examples, spans_key=self.spans_key) if self.scorer is not None else {}


def _checked_lengths(
    name: str, min_length: int | None, max_length: int | None
) -> tuple[int | None, int | None]:
    if (min_length is not None and min_length < 1) or (max_length is not None and max_length < 1):
        raise ComponentError(
            f"expected lengths of {name!r} from 1 token on, got min_length {min_length}, max_length "
            f"{max_length}"
        )
    return min_length, max_length


@with_defaults(model=DEFAULT_SPAN_FINDER, scorer={"@scorers": "freshet.span_finder_scorer.v1"})
@registry.factories("span_finder")
def make_span_finder(
    name: str,
    model: Model[Batch, Floats2d],
    spans_key: str = "sc",
    threshold: float = 0.5,
    max_length: int | None = 25,
    min_length: int | None = None,
    scorer: Scorer | None = None,
) -> SpanFinder:
    """Spans without labels, by their ends."""
    return SpanFinder(name, model, spans_key, threshold, max_length, min_length, scorer)
