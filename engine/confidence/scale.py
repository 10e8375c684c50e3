# SPDX-License-Identifier: Apache-2.0
"""From surprises to probabilities that hold: Platt's scale.

Source: Platt, "Probabilistic outputs for support vector machines" (1999), with its smoothed targets; Lin,
Lin and Weng, "A note on Platt's probabilistic outputs" (2007), for how it is fitted. Two numbers a layer,
where isotonic regression would need some thousand answers before it does no harm (Niculescu-Mizil and
Caruana, 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]

MIN_ANSWERS = 30
"""With fewer answers nothing is fitted: two numbers would say more than is known."""

LEAST, MOST = 1e-4, 30.0
"""Bounds of a surprise: a head that is surer than that is not believed."""

STEPS, TOLERANCE = 100, 1e-9
RIDGE = 1e-3
"""Keeps the slope finite where the surprises part right from wrong without a mistake."""


@dataclass(frozen=True, slots=True)
class Scale:
    """`1 / (1 + exp(-(slope * odds + offset)))`, where `odds` are the logarithmic odds that a surprise
    stands for. Slope 1 and offset 0 leave the head's own probabilities."""

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, surprises: Floats) -> Floats:
        """The probability that each is right; none falls where the surprise does.

        >>> Scale()(np.array([0.0, 0.6931, 5.0])).round(2).tolist()
        [1.0, 0.5, 0.01]
        """
        probabilities: Floats = _sigmoid(self.slope * log_odds(surprises) + self.offset)
        return probabilities


def fit_scale(surprises: Floats, right: npt.NDArray[np.bool_]) -> Scale | None:
    """The scale under which these answers, right or not, are likeliest; None where they are too few."""
    if len(surprises) < MIN_ANSWERS:
        return None
    odds, n_right = log_odds(surprises), int(right.sum())
    n_wrong = len(right) - n_right
    targets = np.where(right, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))
    inputs = np.stack([odds, np.ones_like(odds)], axis=1)
    slope, offset = _newton(inputs, targets)
    if slope > 0:
        return Scale(slope, offset)
    _, offset = _newton(inputs * [0, 1], targets)
    return Scale(0.0, offset)


def log_odds(surprises: Floats) -> Floats:
    """Logarithmic odds of the probability `exp(-surprise)`."""
    odds: Floats = -np.log(np.expm1(np.clip(np.asarray(surprises, dtype=np.float64), LEAST, MOST)))
    return odds


def _newton(inputs: Floats, targets: Floats) -> tuple[float, float]:
    """Slope and offset of the logistic regression, by Newton's method with halved steps."""
    weights = np.array([0.0, np.log(targets.mean() / (1 - targets.mean()))])
    loss = _loss(inputs, targets, weights)
    for _ in range(STEPS):
        found = _sigmoid(inputs @ weights)
        gradient = inputs.T @ (found - targets) + RIDGE * weights
        curvature = (inputs * (found * (1 - found))[:, None]).T @ inputs + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while (better := _loss(inputs, targets, weights - step)) > loss and np.abs(step).max() > TOLERANCE:
            step = step / 2
        weights, loss = weights - step, better
        if np.abs(step).max() <= TOLERANCE:
            break
    return float(weights[0]), float(weights[1])


def _loss(inputs: Floats, targets: Floats, weights: Floats) -> float:
    scores = inputs @ weights
    return float((np.logaddexp(0, scores) - targets * scores).sum() + RIDGE / 2 * (weights**2).sum())


def _sigmoid(scores: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
    return result
