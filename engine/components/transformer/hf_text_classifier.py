# SPDX-License-Identifier: Apache-2.0
"""The component `hf_text_classifier`: a sequence classifier of Hugging Face writes categories."""

from __future__ import annotations

import numpy as np

from ...config.factory_arguments import with_defaults
from ...config.registry import registry
from ...doc.batch import Batch
from ...transformer import Kind
from ..component import Scorer
from .hf_classifier import HfClassifier


class HfTextClassifier(HfClassifier):
    """Each label's probability as a category: that of one among all, or of each by itself where the model's
    `problem_type` says that several may be true."""

    factory = "hf_text_classifier"
    documented = ("name",)
    kind = Kind.TEXTS

    def predict(self, batch: Batch) -> None:
        """Write `batch.cats`."""
        scores = self.classifier.text_scores(batch.texts)
        for i, label in enumerate(self.labels):
            if label:
                batch.cats[label] = np.ascontiguousarray(scores[:, i])


@with_defaults(scorer={"@scorers": "spacy.textcat_scorer.v2"})
@registry.factories("hf_text_classifier")
def make_hf_text_classifier(
    name: str,
    model: str,
    revision: str = "main",
    labels: dict[str, str] | None = None,
    precision: str = "fp32",
    scorer: Scorer | None = None,
) -> HfTextClassifier:
    """A classifier of whole texts by a local folder or a name of the hub; `labels` maps its labels to other
    names, "" for one that is not written."""
    return HfTextClassifier(name, model, revision, labels, precision, scorer)
