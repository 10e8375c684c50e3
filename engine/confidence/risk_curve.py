# SPDX-License-Identifier: Apache-2.0
"""How many texts below a surprise are wrong, and below which surprise few enough are, beyond doubt.

Source: "Learn then test" (Angelopoulos, Bates, Candès, Jordan and Lei, 2021): each threshold is a hypothesis
"too many are wrong", refused by an exact binomial test; fixed sequences of tests from several starts keep the
chance that any true one is refused below `doubt`. The aim, a bounded share of wrong answers among those that
are let pass, is that of selective classification (Geifman and El-Yaniv, 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]

N_THRESHOLDS = 50
N_STARTS = 3
"""Sequences of tests, each of which may spend a third of the doubt: a single one would end with the first
mistake among the surest."""


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Of the judged texts whose surprise lies below `surprise`: how many there are, and how many are
    wrong."""

    surprise: float
    n: int
    n_wrong: int


@dataclass(frozen=True, slots=True)
class RiskCurve:
    """Points of rising surprise, chosen by their ranks alone, over `n` judged texts of which `n_wrong` are
    wrong."""

    n: int
    n_wrong: int
    points: Sequence[RiskPoint]

    def threshold(self, max_error: float, doubt: float) -> float:
        """Texts whose surprise lies below this are wrong in at most `max_error` of all cases, if the texts to
        come are like the judged ones; the chance that this is untrue is `doubt`. 0, below which nothing lies,
        where the judged ones are too few, or too often wrong, to promise it.

        >>> curve = RiskCurve(100, 40, [RiskPoint(0.5, 60, 0), RiskPoint(2.0, 99, 39)])
        >>> curve.threshold(0.05, 0.2), curve.threshold(0.01, 0.2)
        (0.5, 0.0)
        """
        # Points so low that not even their having no mistake would do are no tests; how low depends on their
        # numbers alone, not on mistakes, so that leaving them out is no choice by the outcome.
        points = [p for p in self.points if binomial_tail(0, p.n, max_error) <= doubt / N_STARTS]
        best = 0.0
        starts = range(0, len(points), max(1, -(-len(points) // N_STARTS)))
        for start in starts:
            for point in points[start:]:
                if binomial_tail(point.n_wrong, point.n, max_error) > doubt / len(starts):
                    break
                best = max(best, point.surprise)
        return best

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        points = [[p.surprise, p.n, p.n_wrong] for p in self.points]
        return {"n": self.n, "n_wrong": self.n_wrong, "points": points}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> RiskCurve:
        """What `to_json` gave. Raises: LookupError, ValueError or TypeError where it is something else."""
        points = (RiskPoint(float(s), int(n), int(n_wrong)) for s, n, n_wrong in plain["points"])
        return cls(int(plain["n"]), int(plain["n_wrong"]), tuple(points))


def risk_curve_of(surprises: Floats, wrong: npt.NDArray[np.bool_]) -> RiskCurve:
    """The curve of judged texts. Those that equal a point's own surprise are not counted with it, so that
    those below are a fair sample of all texts below it."""
    values = np.asarray(surprises, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    ranked, bad = values[order], np.concatenate([[0], np.cumsum(wrong[order])])
    ranks = np.linspace(0, len(values) - 1, N_THRESHOLDS + 1).astype(int)[1:] if len(values) else _NO_RANKS
    below = [int(np.searchsorted(ranked, ranked[rank])) for rank in ranks.tolist()]
    points = {n: RiskPoint(float(ranked[n]), n, int(bad[n])) for n in below if n}
    return RiskCurve(len(values), int(bad[-1]), tuple(points.values()))


_NO_RANKS: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)


def binomial_tail(n_wrong: int, n: int, share: float) -> float:
    """The chance of at most so many wrong ones of `n`, were that share of all wrong.

    >>> round(binomial_tail(0, 59, 0.05), 3)
    0.048
    """
    if share >= 1:
        return 1.0 if n_wrong >= n else 0.0
    if share <= 0:
        return 1.0
    logs = (
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(share) + (n - k) * log1p(-share)
        for k in range(n_wrong + 1)
    )
    return min(1.0, sum(map(exp, logs)))
