# SPDX-License-Identifier: Apache-2.0
"""What entity recogniser and parser share: a transition model seen from one state."""

from __future__ import annotations

from typing import Any

import numpy as np
from thinc.api import Model

from ..decoders import ScoreState
from ..doc.batch import Batch
from .component import Array


def n_features_of(model: Model[Any, Any]) -> int:
    """Feature tokens of a state."""
    n_features: int = model.get_ref("lower").get_dim("nF")
    return n_features


def state_scorer(model: Model[Any, Any], batch: Batch) -> ScoreState:
    """Scores of one state after another by the reference layers, the token vectors computed once."""
    tokens = model.get_ref("tok2vec").predict(batch)

    def score(features: Array) -> Array:
        there = features >= 0
        slots = np.where(there, np.cumsum(there) - 1, -1)
        hidden = model.get_ref("lower").predict((tokens[features[there]], slots[None]))
        scores: Array = model.get_ref("upper").predict(hidden)[0] if model.attrs["has_upper"] else hidden[0]
        return scores

    return score
