# SPDX-License-Identifier: Apache-2.0
"""Right, superfluous and missing answers per document and slice: what scores and their intervals are computed
from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .answers import LayerAnswers

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """A part of the answers that has a score of its own: a layer, or one label of it."""

    layer: str
    label: str | None = None

    def __str__(self) -> str:
        return self.layer if self.label is None else f"{self.layer}:{self.label}"


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Counts of one model. Shape: `(n_documents, n_slices, 3)`; the last axis is right, superfluous,
    missing."""

    slices: tuple[Slice, ...]
    values: FloatArray

    @property
    def support(self) -> npt.NDArray[np.int64]:
        """Gold answers of each slice."""
        totals: npt.NDArray[np.int64] = self.values.sum(axis=0).astype(np.int64)
        return totals[:, 0] + totals[:, 2]


def slices_of(answers: Sequence[Sequence[LayerAnswers]], label_layers: Sequence[str]) -> tuple[Slice, ...]:
    """The layers that occur, and the gold labels of those layers that are looked at label by label;
    sorted."""
    layers = {layer.layer for document in answers for layer in document}
    labels = {
        (a.layer, label)
        for document in answers
        for a in document
        if a.layer in label_layers
        for _, label in a.gold
    }
    return tuple(sorted([Slice(layer) for layer in layers] + [Slice(*pair) for pair in labels], key=str))


def count(answers: Sequence[Sequence[LayerAnswers]], slices: Sequence[Slice]) -> Counts:
    """Count each document's answers by slice."""
    places = {(s.layer, s.label): i for i, s in enumerate(slices)}
    values = np.zeros((len(answers), len(slices), 3))
    for row, document in zip(values, answers, strict=True):
        for layer in document:
            kinds = (layer.found & layer.gold, layer.found - layer.gold, layer.gold - layer.found)
            for column, kind in enumerate(kinds):
                row[places[layer.layer, None], column] += len(kind)
                for label, n in Counter(label for _, label in kind).items():
                    if (place := places.get((layer.layer, label))) is not None:
                        row[place, column] += n
    return Counts(tuple(slices), values)


def f_scores(totals: FloatArray) -> FloatArray:
    """F of summed counts; 0 where there is nothing. Shape: `(..., 3)` to `(...)`."""
    right = 2 * totals[..., 0]
    return right / np.maximum(right + totals[..., 1] + totals[..., 2], 1)
