# SPDX-License-Identifier: Apache-2.0
"""The components `textcat` and `textcat_multilabel`: categories of whole documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..errors import ComponentError
from ..scoring.units import HALF
from .component import Array, GetExamples, Losses, Scorer, Scores, TrainableComponent, missing_labels
from .defaults import default_textcat
from .growth import SHOWN_MARGIN, NewClass
from .targets import DistillationTarget, learn, probability_target


class TextCategorizer(TrainableComponent):
    """Scores every category for every document; `threshold` and `positive_label` only matter to the
    scorer."""

    factory = "textcat"

    @property
    def support_missing_values(self) -> bool:
        """Whether gold may leave out a category."""
        return not self.exclusive

    def __init__(
        self,
        name: str,
        model: Model[Batch, Floats2d],
        threshold: float,
        scorer: Scorer | None,
        *,
        exclusive: bool,
        positive_label: str | None = None,
    ) -> None:
        super().__init__(name, model, scorer)
        self.threshold = threshold
        self.exclusive = exclusive
        self.positive_label = positive_label

    def initialize(
        self,
        get_examples: GetExamples,
        sample: Batch,
        labels: Sequence[str] | None = None,
        positive_label: str | None = None,
    ) -> None:
        """Take the labels from the gold categories in order of first appearance, unless they are given; draw
        the weights.

        Raises: ComponentError where labels do not fit, or several categories that exclude each other apply.
        """
        if labels is None:
            gold = [example.cats for example in get_examples()]
            labels = list(dict.fromkeys(label for cats in gold for label in cats))
            if self.exclusive:
                _check_exclusive(self.name, gold)
        if not labels:
            raise missing_labels(self.name, "categories")
        if self.exclusive and len(labels) < 2:
            what = (
                f"expected two or more labels for {self.name!r}, whose categories exclude each other, "
                f"got {labels[0]!r}"
            )
            raise ComponentError(f"{what}; use textcat_multilabel")
        self.positive_label = _checked_label(self.name, positive_label or self.positive_label, labels)
        self.labels = tuple(labels)
        self.model.initialize(X=sample, Y=np.zeros((max(sample.n_docs, 1), len(labels)), dtype=np.float32))
        self.weights_changed()

    def predict(self, batch: Batch) -> None:
        """Write `batch.cats`. Without any token all scores are 0."""
        self.require_initialized()
        scores = (
            self.model.predict(batch)
            if batch.n_tokens
            else np.zeros((batch.n_docs, len(self.labels)), dtype=np.float32)
        )
        for i, label in enumerate(self.labels):
            batch.cats[label] = np.ascontiguousarray(scores[:, i])
        if batch.surprises is not None:
            batch.add_surprise("cats", self._surprises(scores))

    def predicted(self, batch: Batch) -> Any:
        """Scores of all labels. Shape: `(n_docs, n_labels)`."""
        return np.stack([batch.cats[label] for label in self.labels], axis=1)

    def set_annotations(self, docs: Sequence[Doc], scores: Any) -> None:
        """Write scores of all labels onto the documents, beside those of other labels."""
        for doc, row in zip(docs, np.asarray(scores), strict=True):
            doc.set_cats({**doc.cats, **dict(zip(self.labels, row.tolist(), strict=True))})

    def _surprises(self, scores: Array) -> Array:
        """Minus the logarithm of the probability of what the scores decide: the best category, or each on its
        own. Shape: `(n_docs,)`."""
        sure = scores.max(axis=1, keepdims=True) if self.exclusive else np.maximum(scores, 1 - scores)
        surprises: Array = -np.log(np.maximum(sure, np.float32(1e-6))).sum(axis=1)
        return surprises

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch; categories that gold does not name have none."""
        learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about this batch."""
        truths, known = self.targets(examples)
        return probability_target(batch, truths, known, loss=np.mean, exclusive=self.exclusive)

    def targets(self, examples: Sequence[Example]) -> tuple[Array, Array]:
        """Gold values, and 1 where there is one. Shape: `(n_docs, n_labels)` each."""
        rows = [[example.gold_cat(label) for label in self.labels] for example in examples]
        known = np.array([[value is not None for value in row] for row in rows], dtype=np.float32)
        return np.array([[value or 0.0 for value in row] for row in rows], dtype=np.float32), known

    def new_classes(self, labels: Sequence[str]) -> list[NewClass]:
        """Each begins with next to no probability; the part that counts words, in a model of several, keeps
        its classes."""
        if self.exclusive:
            return [NewClass(tuple(range(len(self.labels))), SHOWN_MARGIN) for _ in labels]
        return [NewClass() for _ in labels]

    def labels_to_find(self, examples: Iterable[Example]) -> list[str]:
        """All categories that gold speaks of."""
        seen = dict.fromkeys(label for example in examples for label in example.cats)
        return [label for label in seen if label not in self.labels]

    def gold_labels_of(self, example: Example) -> Iterable[str]:
        """Categories that apply."""
        return (label for label, score in example.cats.items() if score >= HALF)

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer, which is told labels and threshold."""
        if self.scorer is None:
            return {}
        return self.scorer(
            examples, labels=self.labels, threshold=self.threshold, positive_label=self.positive_label
        )

    def label_state(self) -> dict[str, Any]:
        """Labels, and the positive one if there is one."""
        return {"labels": list(self.labels), "positive_label": self.positive_label}

    def load_labels(self, labels: Mapping[str, Any]) -> None:
        """Take over what `label_state` gave."""
        self.labels = tuple(labels["labels"])
        self.positive_label = labels.get("positive_label")


def _check_exclusive(name: str, gold: Sequence[Mapping[str, float]]) -> None:
    for cats in gold:
        applying = [label for label, value in cats.items() if value == 1]
        if len(applying) > 1:
            raise ComponentError(
                f"expected one category of each text for {name!r}, whose categories exclude each other, got "
                f"{' and '.join(applying)}; use textcat_multilabel"
            )


def _checked_label(name: str, positive_label: str | None, labels: Sequence[str]) -> str | None:
    if positive_label is not None and positive_label not in labels:
        raise ComponentError(
            f"expected positive_label of {name!r} to be one of {', '.join(labels)}, got {positive_label!r}"
        )
    return positive_label


class MultiLabelTextCategorizer(TextCategorizer):
    """Gives a document any number of categories."""

    factory = "textcat_multilabel"


@with_defaults(model=default_textcat(exclusive=True), scorer={"@scorers": "freshet.textcat_scorer.v1"})
@registry.factories("textcat")
def make_textcat(
    name: str, model: Model[Batch, Floats2d], threshold: float = 0.0, scorer: Scorer | None = None
) -> TextCategorizer:
    """Categories of which exactly one applies."""
    return TextCategorizer(name, model, threshold, scorer, exclusive=True)


@with_defaults(
    model=default_textcat(exclusive=False), scorer={"@scorers": "freshet.textcat_multilabel_scorer.v1"}
)
@registry.factories("textcat_multilabel")
def make_textcat_multilabel(
    name: str, model: Model[Batch, Floats2d], threshold: float = 0.5, scorer: Scorer | None = None
) -> MultiLabelTextCategorizer:
    """Categories of which any number applies."""
    return MultiLabelTextCategorizer(name, model, threshold, scorer, exclusive=False)
