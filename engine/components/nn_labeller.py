# SPDX-License-Identifier: Apache-2.0
"""The component `nn_labeller`: a side task on the shared vectors, so that they learn more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.example import Example
from ..errors import ComponentError
from .component import GetExamples, Losses, TrainableComponent, missing_labels, sample_scores
from .defaults import DEFAULT_LABELLER
from .losses import label_gradient
from .targets import DistillationTarget, corrected_classes, learn

TokenLabels: TypeAlias = Callable[[Example], list[str | None]]
"""The label of each predicted token; None where gold does not say."""

FARTHEST = 2
"""Heads are told apart by how far they are, up to so many tokens."""


class NnLabeller(TrainableComponent):
    """Learns a label per token and annotates nothing: what it learns stays in the vectors that it shares."""

    def __init__(self, name: str, model: Model[Batch, Floats2d], target: str | TokenLabels) -> None:
        super().__init__(name, model)
        self.target = target
        self.labels_of = target if callable(target) else _labels_of(name, target)

    def initialize(
        self, get_examples: GetExamples, sample: Batch, labels: Sequence[str] | None = None
    ) -> None:
        """Take the labels from gold in order of first appearance, unless they are given; draw the weights."""
        labels = list(labels or self.labels)
        if not labels:
            seen = (label for example in get_examples() for label in self.labels_of(example))
            labels = [label for label in dict.fromkeys(seen) if label is not None]
        if not labels:
            raise missing_labels(self.name, f"labels of {self.target}")
        self.labels = tuple(labels)
        self.model.initialize(X=sample, Y=sample_scores(sample, len(labels)))
        self.weights_changed()

    def predict(self, batch: Batch) -> None:
        """Nothing is annotated."""

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about this batch."""
        ids: Mapping[str | None, int] = {label: i for i, label in enumerate(self.labels)}
        said = (label for example in examples for label in self.labels_of(example))
        targets = np.array([ids.get(label, -1) for label in said], dtype=np.int64)
        return DistillationTarget(
            batch, lambda scores: label_gradient(scores, targets), corrected_classes(targets)
        )


def dep_labels(example: Example) -> list[str | None]:
    """Dependency labels."""
    return example.aligned_parse()[1]


def tag_labels(example: Example) -> list[str | None]:
    """Fine-grained tags."""
    return example.aligned_labels("tag")


def ent_labels(example: Example) -> list[str | None]:
    """Entity actions."""
    return [None if action == "-" else action for action in example.aligned_ner()]


def dep_tag_offset_labels(example: Example) -> list[str | None]:
    """Dependency label, tag, and how far away the head is."""
    heads, deps = example.aligned_parse()
    rows = enumerate(zip(heads, deps, tag_labels(example), strict=True))
    return [
        None if dep is None or tag is None else f"{dep}-{tag}:{max(-FARTHEST, min(head - i, FARTHEST))}"
        for i, (head, dep, tag) in rows
    ]


def ent_tag_labels(example: Example) -> list[str | None]:
    """Tag and entity action."""
    pairs = zip(tag_labels(example), ent_labels(example), strict=True)
    return [None if tag is None or ent is None else f"{tag}-{ent}" for tag, ent in pairs]


def sent_start_labels(example: Example) -> list[str | None]:
    """Whether a sentence starts."""
    values: Iterable[int] = example.aligned_sent_starts().tolist()
    names = {1: "S", -1: "I"}
    return [names.get(value) for value in values]


TARGETS: Mapping[str, TokenLabels] = {
    "dep": dep_labels,
    "tag": tag_labels,
    "ent": ent_labels,
    "dep_tag_offset": dep_tag_offset_labels,
    "ent_tag": ent_tag_labels,
    "sent_start": sent_start_labels,
}


def _labels_of(name: str, target: str) -> TokenLabels:
    if target not in TARGETS:
        known = ", ".join(TARGETS)
        raise ComponentError(f"expected target of {name!r} to be one of {known}, got {target!r}")
    return TARGETS[target]


@with_defaults(model=DEFAULT_LABELLER)
@registry.factories("nn_labeller")
def make_nn_labeller(
    name: str, model: Model[Batch, Floats2d], labels: Any = None, target: str = "dep_tag_offset"
) -> NnLabeller:
    """A side task that helps others to learn. `labels`: instead of those that gold has."""
    component = NnLabeller(name, model, target)
    component.labels = tuple(labels or ())
    return component
