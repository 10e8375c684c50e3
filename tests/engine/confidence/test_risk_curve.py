# SPDX-License-Identifier: Apache-2.0
"""Thresholds below which few enough texts are wrong."""

from __future__ import annotations

import numpy as np
import pytest

from engine.confidence import RiskCurve, risk_curve_of
from engine.confidence.risk_curve import RiskPoint, binomial_tail


def texts(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Surprises, and whether the text is wrong: the likelier the greater it is."""
    surprises = rng.random(n)
    return surprises, rng.random(n) < 0.6 * surprises**2


def true_risk(threshold: float) -> float:
    """Share of wrong texts among all below a threshold: the mean of `0.6 * surprise ** 2`."""
    return 0.2 * min(threshold, 1.0) ** 2


@pytest.mark.parametrize("max_error", [0.05, 0.1])
def test_the_promise_is_broken_no_more_often_than_stated(max_error: float) -> None:
    """Over many samples the true share of errors below the threshold exceeds the promise in at most the
    stated share of cases, and the threshold is of use."""
    rng = np.random.default_rng(3)
    thresholds = [risk_curve_of(*texts(800, rng)).threshold(max_error, 0.1) for _ in range(400)]
    assert np.mean([true_risk(threshold) > max_error for threshold in thresholds]) <= 0.1
    assert np.mean(thresholds) > np.sqrt(max_error / 0.2) / 3


def test_no_promise_is_made_from_too_few() -> None:
    """With 58 texts without a mistake 5 % in 5 % of cases cannot be promised, with 300 they can."""
    curves = [risk_curve_of(np.linspace(0.1, 1, n), np.zeros(n, dtype=bool)) for n in (58, 300)]
    few, many = (curve.threshold(0.05, 0.05) for curve in curves)
    assert few == 0
    assert many > 0.9


def test_no_promise_is_made_of_a_model_that_is_wrong() -> None:
    """Half of the surest are wrong: nothing is let pass."""
    wrong = np.arange(1000) % 2 == 0
    assert risk_curve_of(np.linspace(0, 1, 1000), wrong).threshold(0.1, 0.05) == 0


def test_nothing_comes_of_nothing() -> None:
    """Without judged texts the curve is empty and promises nothing."""
    curve = risk_curve_of(np.zeros(0), np.zeros(0, dtype=bool))
    assert (curve.points, curve.threshold(0.5, 0.5)) == ((), 0.0)


def test_texts_that_equal_a_threshold_are_not_below_it() -> None:
    """Many texts of one surprise are let pass together or not at all, and each point counts those strictly
    below."""
    surprises = np.repeat([0.1, 0.2, 0.3], 100)
    curve = risk_curve_of(surprises, surprises == 0.2)
    assert list(curve.points) == [RiskPoint(0.2, 100, 0), RiskPoint(0.3, 200, 100)]
    assert curve.threshold(0.1, 0.1) == 0.2


def test_a_curve_survives_json() -> None:
    """What was written is read, to the last bit of each surprise."""
    curve = risk_curve_of(*texts(100, np.random.default_rng(1)))
    assert RiskCurve.from_json(curve.to_json()) == curve


def test_the_tail_is_that_of_the_binomial_distribution() -> None:
    """Sums of exact probabilities."""
    assert binomial_tail(0, 10, 0.5) == pytest.approx(1 / 1024)
    assert binomial_tail(10, 10, 0.3) == pytest.approx(1)
    assert binomial_tail(1, 3, 0.5) == pytest.approx(0.5)
    assert (binomial_tail(3, 5, 0.0), binomial_tail(3, 5, 1.0), binomial_tail(5, 5, 1.0)) == (1, 0, 1)
