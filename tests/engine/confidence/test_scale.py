# SPDX-License-Identifier: Apache-2.0
"""Surprises become probabilities that hold."""

from __future__ import annotations

import numpy as np

from engine.confidence import Scale, fit_scale
from engine.confidence.scale import MIN_ANSWERS, log_odds


def drawn(n: int, slope: float, offset: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Surprises, and answers that are right as often as a scale says."""
    rng = np.random.default_rng(seed)
    surprises = rng.exponential(size=n) * 2
    return surprises, rng.random(n) < Scale(slope, offset)(surprises)


def test_the_scale_that_made_the_answers_is_found() -> None:
    """From answers that were right with the probabilities of a scale, that scale comes back."""
    surprises, right = drawn(20_000, 0.6, -0.9)
    scale = fit_scale(surprises, right)
    assert scale is not None
    np.testing.assert_allclose([scale.slope, scale.offset], [0.6, -0.9], atol=0.05)


def test_calibrated_probabilities_hold_where_raw_ones_do_not() -> None:
    """In each tenth of unseen answers the mean probability is close to the share of right ones."""
    scale = fit_scale(*drawn(2_000, 0.4, -1.0))
    assert scale is not None
    surprises, right = drawn(20_000, 0.4, -1.0, seed=2)
    tenths = np.array_split(np.argsort(surprises), 10)

    def gap(found: np.ndarray) -> float:
        return max(abs(found[tenth].mean() - right[tenth].mean()) for tenth in tenths)

    assert gap(scale(surprises)) < 0.05 < 0.2 < gap(Scale()(surprises))


def test_a_greater_surprise_is_never_a_greater_probability() -> None:
    """Not even where the answers say the contrary."""
    surprises = np.linspace(0, 5, 200)
    scale = fit_scale(surprises, surprises > 2)
    assert scale is not None
    assert (np.diff(scale(surprises)) <= 0).all()
    np.testing.assert_allclose(scale(surprises), (surprises > 2).mean(), atol=0.02)


def test_answers_without_a_mistake_promise_no_certainty() -> None:
    """Thirty right answers make no probability of 1."""
    scale = fit_scale(np.zeros(MIN_ANSWERS), np.ones(MIN_ANSWERS, dtype=bool))
    assert scale is not None
    assert 0.9 < scale(np.zeros(1))[0] < 1


def test_few_answers_fit_nothing() -> None:
    """With fewer than are needed there is no scale."""
    assert fit_scale(np.ones(MIN_ANSWERS - 1), np.ones(MIN_ANSWERS - 1, dtype=bool)) is None


def test_the_odds_are_those_of_the_probability() -> None:
    """Surprise is minus the logarithm of a probability."""
    np.testing.assert_allclose(log_odds(-np.log([0.5, 0.9, 0.2])), np.log([1, 9, 0.25]))
