# SPDX-License-Identifier: Apache-2.0
"""Counters of scores that people's own scorers add to, under their documented names."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from .categories import area_under_curve
from .units import Counts


class PRFScore:
    """Precision, recall and F1 of sets that are added one after the other.

    >>> score = PRFScore()
    >>> score.score_set({"a", "b"}, {"b", "c", "d"})
    >>> score.precision, len(score)
    (0.5, 4)
    """

    def __init__(self, *, tp: int = 0, fp: int = 0, fn: int = 0) -> None:
        self.tp, self.fp, self.fn = tp, fp, fn

    def score_set(self, cand: Set[Any], gold: Set[Any]) -> None:
        """Count what a candidate says beside what gold says."""
        right = len(cand & gold)
        self.tp += right
        self.fp += len(cand) - right
        self.fn += len(gold) - right

    def __len__(self) -> int:
        """All that was counted."""
        return self.tp + self.fp + self.fn

    def __iadd__(self, other: PRFScore) -> PRFScore:
        self.tp, self.fp, self.fn = self.tp + other.tp, self.fp + other.fp, self.fn + other.fn
        return self

    def __add__(self, other: PRFScore) -> PRFScore:
        return PRFScore(tp=self.tp + other.tp, fp=self.fp + other.fp, fn=self.fn + other.fn)

    @property
    def precision(self) -> float:
        """How much of what was said is right; 0 where nothing was said."""
        return self._counts.precision

    @property
    def recall(self) -> float:
        """How much of what is right was said; 0 where there is nothing."""
        return self._counts.recall

    @property
    def fscore(self) -> float:
        """Their harmonic mean."""
        return self._counts.f1

    def to_dict(self) -> dict[str, float]:
        """The three by the keys `p`, `r` and `f`."""
        return self._counts.prf()

    @property
    def _counts(self) -> Counts:
        return Counts(self.tp, self.fp, self.fn)


class ROCAUCScore:
    """Area under the curve of scores beside gold labels of 0 and 1."""

    def __init__(self) -> None:
        self.golds: list[int] = []
        self.cands: list[float] = []

    def score_set(self, cand: float, gold: int) -> None:
        """Count one score and what is true."""
        self.cands.append(cand)
        self.golds.append(gold)

    @property
    def score(self) -> float:
        """The area. Raises: ValueError, where gold says one thing alone."""
        area = area_under_curve(self.cands, [gold == 1 for gold in self.golds])
        if area is None:
            raise ValueError(
                f"expected gold labels 0 and 1 for an area under the curve, got {sorted(set(self.golds))}"
            )
        return area
