# SPDX-License-Identifier: Apache-2.0
"""The component `tagger`: one tag per token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.example import Example
from .compiled import compile_classifier
from .component import Array, GetExamples, Losses, Scorer, TrainableComponent, missing_labels, sample_scores
from .defaults import DEFAULT_TAGGER
from .growth import NewClass
from .label_columns import write_column
from .losses import label_gradient
from .targets import DistillationTarget, corrected_classes, learn


class Tagger(TrainableComponent):
    """Classifies every token, whitespace too; the first maximum wins."""

    factory = "tagger"

    def __init__(
        self,
        name: str,
        model: Model[Batch, Floats2d],
        overwrite: bool,
        label_smoothing: float,
        neg_prefix: str,
        scorer: Scorer | None,
    ) -> None:
        super().__init__(name, model, scorer)
        self.overwrite = overwrite
        self.label_smoothing = label_smoothing
        self.neg_prefix = neg_prefix

    def initialize(
        self, get_examples: GetExamples, sample: Batch, labels: Sequence[str] | None = None
    ) -> None:
        """Take the labels from the gold tags, sorted, unless they are given; draw the weights."""
        if labels is None:
            seen = {tag for example in get_examples() for tag in example.gold_labels("tag") if tag}
            labels = sorted({tag.removeprefix(self.neg_prefix) if self.neg_prefix else tag for tag in seen})
        if not labels:
            raise missing_labels(self.name, "tags")
        self.labels = tuple(labels)
        self.model.initialize(X=sample, Y=sample_scores(sample, len(self.labels)))
        self.weights_changed()

    def predict(self, batch: Batch) -> None:
        """Write the column `tag`."""
        write_column(batch, "tag", self.classes(batch), self.labels, overwrite=self.overwrite)

    def classes(self, batch: Batch) -> Array:
        """The best class of every token. Shape: `(n_tokens,)`."""
        if self.compiled is None:
            self.require_initialized()
            self.compiled = compile_classifier(self.model, self.backend())
        classes: Array = self.compiled(batch)
        return classes

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about this batch."""
        targets, negative = self.targets(examples)
        return DistillationTarget(
            batch,
            lambda scores: label_gradient(scores, targets, self.label_smoothing, negative),
            corrected_classes(targets, negative),
        )

    def new_classes(self, labels: Sequence[str]) -> list[NewClass]:
        """Each begins below the mean of all tags."""
        return [NewClass(tuple(range(len(self.labels)))) for _ in labels]

    def labels_to_find(self, examples: Iterable[Example]) -> list[str]:
        """Tags, sorted."""
        return sorted(self.unknown_labels(examples))

    def gold_labels_of(self, example: Example) -> Iterable[str]:
        """Tags; those that say what a tag is not are none."""
        column = example.reference.batch.columns.get("tag")
        tags = () if column is None else column.labels
        return (tag for tag in tags if not (self.neg_prefix and tag.startswith(self.neg_prefix)))

    def targets(self, examples: Sequence[Example]) -> tuple[Array, Array]:
        """Gold class of every token, -1 where unknown, and where it only says what the class is not."""
        both = self.gold_arrays(examples)
        targets = [targets for targets, _ in both] or [np.zeros(0, dtype=np.int64)]
        negative = [negative for _, negative in both] or [np.zeros(0, dtype=bool)]
        return np.concatenate(targets), np.concatenate(negative)

    def gold_arrays(self, examples: Sequence[Example]) -> list[tuple[Array, Array]]:
        """The same of each example, found once."""
        ids: dict[str | None, int] = {label: i for i, label in enumerate(self.labels)}
        name = f"tagger {self.neg_prefix}"
        return [e.prepared(name, self.labels, lambda e: self._targets_of(e, ids)) for e in examples]

    def _targets_of(self, example: Example, ids: Mapping[str | None, int]) -> tuple[Array, Array]:
        values = example.aligned_labels("tag")
        targets = np.array([ids.get(value, -1) for value in values], dtype=np.int64)
        negative = np.zeros(len(values), dtype=bool)
        prefix = self.neg_prefix
        if prefix:
            for i, value in enumerate(values):
                if value and value.startswith(prefix) and value not in ids:
                    targets[i], negative[i] = ids.get(value[len(prefix) :], -1), True
        return targets, negative


@with_defaults(model=DEFAULT_TAGGER, scorer={"@scorers": "freshet.tagger_scorer.v1"})
@registry.factories("tagger")
def make_tagger(
    name: str,
    model: Model[Batch, Floats2d],
    overwrite: bool = False,
    label_smoothing: float = 0.0,
    neg_prefix: str = "!",
    scorer: Scorer | None = None,
) -> Tagger:
    """One tag per token."""
    return Tagger(name, model, overwrite, label_smoothing, neg_prefix, scorer)
