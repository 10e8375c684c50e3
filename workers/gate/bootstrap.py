# SPDX-License-Identifier: Apache-2.0
"""How sure a difference between two models is: both scored again on many resamples of the same documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..settings import GateSettings
from .answers import Answers
from .counts import FloatArray, Slice, SliceCounts, count, f_scores, slices_of

N_TOGETHER = 256
"""Resamples that are drawn together, which bounds memory to some numbers per document times this."""


@dataclass(frozen=True, slots=True)
class SliceDelta:
    """F of both models on a slice, and the interval in which their difference lies with the confidence asked
    for.

    `lower` alone is exceeded by the true difference with that confidence (one-sided), and so is `upper` from
    above.
    """

    slice: Slice
    support: int
    champion: float
    candidate: float
    lower: float
    upper: float

    @property
    def delta(self) -> float:
        """What the candidate gains."""
        return self.candidate - self.champion


def compare_slices(
    champion: Answers, candidate: Answers, label_layers: Sequence[str], settings: GateSettings
) -> list[SliceDelta]:
    """Differences of F on every layer, and on every label of `label_layers`, by the gate's settings."""
    slices = slices_of(champion, label_layers)
    return paired_bootstrap(
        count(champion, slices),
        count(candidate, slices),
        confidence=settings.confidence,
        resamples=settings.resamples,
        seed=settings.seed,
    )


def paired_bootstrap(
    champion: SliceCounts, candidate: SliceCounts, *, confidence: float, resamples: int, seed: int
) -> list[SliceDelta]:
    """Differences of F per slice, from resamples of documents, each the same for both models.

    Source: B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993 (percentile intervals); paired
    over documents as in P. Koehn, Statistical Significance Tests for Machine Translation Evaluation, EMNLP
    2004.
    """
    if champion.slices != candidate.slices or champion.values.shape != candidate.values.shape:
        raise AssertionError("expected counts of the same documents and slices; this is a bug in Freshet")
    deltas = _resample_deltas(champion.values, candidate.values, resamples, seed)
    lower, upper = np.quantile(deltas, [1 - confidence, confidence], axis=0)
    before, after = (f_scores(counts.values.sum(axis=0)) for counts in (champion, candidate))
    return [
        SliceDelta(
            s, int(champion.support[i]), float(before[i]), float(after[i]), float(lower[i]), float(upper[i])
        )
        for i, s in enumerate(champion.slices)
    ]


def _resample_deltas(champion: FloatArray, candidate: FloatArray, resamples: int, seed: int) -> FloatArray:
    """Shape: `(resamples, n_slices)`."""
    n_documents, n_slices, _ = champion.shape
    if n_documents == 0:
        return np.zeros((resamples, n_slices))
    rng = np.random.default_rng(seed)
    both = np.concatenate([champion, candidate], axis=1).reshape(n_documents, -1)
    parts: list[FloatArray] = []
    for at in range(0, resamples, N_TOGETHER):
        n = min(N_TOGETHER, resamples - at)
        times = rng.multinomial(n_documents, np.full(n_documents, 1 / n_documents), size=n).astype(np.float64)
        scores = f_scores((times @ both).reshape(n, 2 * n_slices, 3))
        parts.append(scores[:, n_slices:] - scores[:, :n_slices])
    return np.concatenate(parts)
