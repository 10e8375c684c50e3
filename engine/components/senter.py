# SPDX-License-Identifier: Apache-2.0
"""The component `senter`: sentence starts, learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.example import Example
from .compiled import compile_classifier
from .component import Array, GetExamples, Losses, Scorer, TrainableComponent, sample_scores
from .defaults import DEFAULT_TAGGER
from .losses import label_gradient
from .targets import DistillationTarget, corrected_classes, learn

LABELS = ("I", "S")
"""Inside a sentence, and start of one."""


class SentenceRecognizer(TrainableComponent):
    """Classifies every token as start of a sentence or not."""

    factory = "senter"

    def __init__(
        self, name: str, model: Model[Batch, Floats2d], overwrite: bool, scorer: Scorer | None
    ) -> None:
        super().__init__(name, model, scorer)
        self.overwrite = overwrite
        self.labels = LABELS

    @property
    def label_data(self) -> None:
        """Nothing: the two classes are fixed."""
        return None

    @property
    def n_classes(self) -> int:
        """Two, whatever examples have."""
        return len(self.labels)

    def initialize(self, get_examples: GetExamples, sample: Batch) -> None:
        """Draw the weights; the two classes are fixed."""
        self.model.initialize(X=sample, Y=sample_scores(sample, len(self.labels)))
        self.weights_changed()

    def predict(self, batch: Batch) -> None:
        """Write `batch.sent_starts`."""
        if self.compiled is None:
            self.require_initialized()
            self.compiled = compile_classifier(self.model, self.backend())
        write_sent_starts(batch, self.compiled(batch) == 1, overwrite=self.overwrite)

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch."""
        learn(self, batch, examples, dropout=dropout, losses=losses)

    def distillation_target(self, batch: Batch, examples: Sequence[Example]) -> DistillationTarget:
        """What gold says about this batch."""
        starts = (
            np.concatenate([example.aligned_sent_starts() for example in examples])
            if examples
            else np.zeros(0, np.int8)
        )
        targets = np.where(starts == 0, -1, (starts == 1).astype(np.int64))
        return DistillationTarget(
            batch, lambda scores: label_gradient(scores, targets), corrected_classes(targets)
        )


def write_sent_starts(batch: Batch, is_start: Array, *, overwrite: bool) -> None:
    """Set 1 where a sentence starts, else -1; a document's first token starts one. What is set stays unless
    `overwrite`."""
    starts = np.where(is_start, 1, -1).astype(np.int8)
    firsts = batch.doc_offsets[:-1][np.diff(batch.doc_offsets) > 0]
    starts[firsts] = 1
    old = batch.sent_starts
    batch.sent_starts = (
        starts if overwrite or old is None else np.where(old == 0, starts, old).astype(np.int8)
    )


@with_defaults(model=DEFAULT_TAGGER, scorer={"@scorers": "freshet.senter_scorer.v1"})
@registry.factories("senter")
def make_senter(
    name: str, model: Model[Batch, Floats2d], overwrite: bool = False, scorer: Scorer | None = None
) -> SentenceRecognizer:
    """Sentence starts, learned."""
    return SentenceRecognizer(name, model, overwrite, scorer)
