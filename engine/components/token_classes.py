# SPDX-License-Identifier: Apache-2.0
"""The best class of every token, from a classifier's model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model

from ..batch import Batch
from .component import Array


def compile_classifier(model: Model[Any, Any]) -> Callable[[Batch], Array]:
    """From a batch to the first best class of every token. Shape: `(n_tokens,)`."""

    def classes(batch: Batch) -> Array:
        scores: Array = model.predict(batch)
        return scores.argmax(axis=1) if len(scores) else np.zeros(0, dtype=np.int64)

    return classes


def sample_scores(batch: Batch, n_labels: int) -> Array:
    """An array of the shape that a classifier with that many labels gives. Shape: `(n_tokens, n_labels)`."""
    return np.zeros((batch.n_tokens, n_labels), dtype=np.float32)
