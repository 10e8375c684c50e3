# SPDX-License-Identifier: Apache-2.0
"""F of two models slice by slice, and how sure their difference is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..settings import GateSettings
from .answers import Answers
from .counts import Slice, SliceCounts, count, f_scores, slices_of
from .differences import differences
from .e_process import EProcess

STEPS = 11
"""Halvings of the interval in which a bound lies: to a thousandth of F."""


@dataclass(frozen=True, slots=True)
class SliceDelta:
    """F of both models on a slice, and how sure their difference is.

    `lower` and `upper`: with the confidence asked for, each by itself, and however often one looks, the true
    difference lies above and below them. `worse` is the evidence (see `EProcess`) that the candidate lost
    more than is tolerated, `more_documents` about how many more it would take to exclude the loss that may
    not stay hidden; None where they speak for one.
    """

    slice: Slice
    support: int
    champion: float
    candidate: float
    lower: float
    upper: float
    worse: float = 0.0
    more_documents: int | None = 0

    @property
    def delta(self) -> float:
        """What the candidate gains."""
        return self.candidate - self.champion


def compare_slices(
    champion: Answers, candidate: Answers, label_layers: Sequence[str], settings: GateSettings
) -> list[SliceDelta]:
    """Differences of F on every layer, and on every label of `label_layers`, by the gate's settings."""
    slices = slices_of(champion, label_layers)
    before, after = count(champion, slices), count(candidate, slices)
    return [_compare(before, after, place, settings) for place in range(len(slices))]


def lower_bound(
    champion: SliceCounts, candidate: SliceCounts, places: Sequence[int], alpha: float, *, above: bool = False
) -> float:
    """The largest difference of mean F that the true one is shown to be above of; -1 where none is. `above`:
    the smallest that it is shown to be below of, else 1."""
    sign = -1.0 if above else 1.0
    low, high = -1.0, 1.0  # in terms of sign * difference
    for _ in range(STEPS):
        middle = (low + high) / 2
        rows = sign * differences(champion, candidate, places, margin=sign * middle)
        low, high = (middle, high) if EProcess.of(rows).shows(alpha) else (low, middle)
    return sign * low


def _compare(before: SliceCounts, after: SliceCounts, place: int, settings: GateSettings) -> SliceDelta:
    champion, candidate = (float(f_scores(c.values[:, place].sum(axis=0))) for c in (before, after))
    alpha = 1 - settings.confidence
    slice_ = before.slices[place]
    tolerance = settings.tolerance if slice_.label is None else settings.label_tolerance
    worse = EProcess.of(-differences(before, after, [place], margin=-tolerance))
    hidden = settings.max_hidden_loss
    safe = EProcess.of(differences(before, after, [place], margin=-hidden))
    return SliceDelta(
        slice_,
        int(before.support[place]),
        champion,
        candidate,
        lower_bound(before, after, [place], alpha),
        lower_bound(before, after, [place], alpha, above=True),
        worse.value,
        safe.more_documents(settings.log_confidence) if hidden < 1 else 0,
    )
