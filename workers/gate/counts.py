# SPDX-License-Identifier: Apache-2.0
"""Right, superfluous and missing answers per document and slice: what scores and their intervals are computed
from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.scoring.units import Counts, count_labels, f1

from .answers import Answers

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """A part of the answers that has a score of its own: a layer, or one label of it."""

    layer: str
    label: str | None = None

    def __str__(self) -> str:
        return self.layer if self.label is None else f"{self.layer}:{self.label}"


@dataclass(frozen=True, slots=True, eq=False)
class SliceCounts:
    """Counts of one model. Shape: `(n_documents, n_slices, 3)`; the last axis is true positives, false
    positives, false negatives."""

    slices: tuple[Slice, ...]
    values: FloatArray

    @property
    def support(self) -> npt.NDArray[np.int64]:
        """Gold answers of each slice."""
        totals: npt.NDArray[np.int64] = self.values.sum(axis=0).astype(np.int64)
        return totals[:, 0] + totals[:, 2]


def slices_of(answers: Answers, label_layers: Sequence[str]) -> tuple[Slice, ...]:
    """The layers that occur, and the gold labels of those layers that are looked at label by label;
    sorted."""
    slices = {Slice(layer) for document in answers for layer in document}
    slices |= {
        Slice(layer, unit.label)
        for document in answers
        for layer in label_layers
        if layer in document
        for unit in document[layer].gold
    }
    return tuple(sorted(slices, key=str))


def count(answers: Answers, slices: Sequence[Slice]) -> SliceCounts:
    """Count each document's answers by slice."""
    places = {(s.layer, s.label): i for i, s in enumerate(slices)}
    values = np.zeros((len(answers), len(slices), 3))
    for row, document in zip(values, answers, strict=True):
        for layer, pair in document.items():
            row[places[layer, None]] = _row(Counts.of(*pair))
            for label, counts in count_labels(*pair).items():
                if (place := places.get((layer, label))) is not None:
                    row[place] = _row(counts)
    return SliceCounts(tuple(slices), values)


def f_scores(totals: FloatArray) -> FloatArray:
    """F of summed counts; 0 where there is nothing. Shape: `(..., 3)` to `(...)`."""
    return f1(totals[..., 0], totals[..., 1], totals[..., 2])


def _row(counts: Counts) -> tuple[float, float, float]:
    return counts.tp, counts.fp, counts.fn
