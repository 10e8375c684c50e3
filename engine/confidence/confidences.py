# SPDX-License-Identifier: Apache-2.0
"""How sure a pipeline is of one batch, as probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..doc.batch import Batch
from .calibration import Calibration
from .scale import Scale
from .sums import (
    CATS,
    ENTS,
    SENTS,
    TEXT,
    Parts,
    Sums,
)

Floats = npt.NDArray[Any]

LAYERS = (ENTS, CATS)
"""Layers whose heads say how sure they are, in the order in which they are named."""


@dataclass(frozen=True, slots=True, eq=False)
class Confidences:
    """Probabilities that what was found is right. `calibrated` names those that held-out documents stand
    behind; the others are the model's own word.

    `text` is that of all decisions of the `layers` of a text, `surprises` what it was made of: smaller is
    surer. Shape: `(n_docs,)` each. `ents` and `sents` have one for each entity and sentence, `cats` one a
    text for each category: that it applies. What the pipeline does not have is None.
    """

    calibrated: tuple[str, ...]
    layers: tuple[str, ...]
    surprises: Floats
    text: Floats
    ents: Parts | None = None
    sents: Parts | None = None
    cats: Mapping[str, Floats] | None = None


def confidences_of(batch: Batch, calibration: Calibration | None = None) -> Confidences | None:
    """The confidences of a batch whose heads were asked; None where none of them said anything, or not of
    the layers that the calibration speaks of."""
    sums = Sums(batch)
    present = tuple(layer for layer in LAYERS if layer in sums)
    layers = present if calibration is None else calibration.layers
    if not layers or not set(layers) <= set(present):
        return None
    scales = {} if calibration is None else calibration.scales
    own = Scale()
    surprises = sums.texts(layers)
    ents = _scaled(sums.entities(), scales.get(ENTS, own))
    sents = _scaled(sums.sentences(), scales.get(SENTS, own))
    cats = _categories(batch, scales.get(CATS, own)) if CATS in present and batch.cats else None
    there = {TEXT: surprises, ENTS: ents, SENTS: sents, CATS: cats}
    calibrated = tuple(name for name, values in there.items() if values is not None and name in scales)
    return Confidences(calibrated, layers, surprises, scales.get(TEXT, own)(surprises), ents, sents, cats)


def _scaled(parts: Parts | None, scale: Scale) -> Parts | None:
    return None if parts is None else Parts(scale(parts.values), parts.doc_offsets)


def _categories(batch: Batch, scale: Scale) -> dict[str, Floats]:
    return {label: scale(category_surprises(scores)) for label, scores in batch.cats.items()}


def category_surprises(scores: Floats) -> Floats:
    """Surprise of the answer that a category applies."""
    surprises: Floats = -np.log(np.clip(np.asarray(scores, dtype=np.float64), 1e-12, 1))
    return surprises
