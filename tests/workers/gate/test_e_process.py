# SPDX-License-Identifier: Apache-2.0
"""The bet behind every verdict: what it may win by luck, and how much it takes to win it rightly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workers.gate.e_process import BETS, EProcess, fewest_documents


def test_wealth_is_the_mean_of_constant_bets() -> None:
    """Written out: each bet multiplies its share by 1 + bet * difference, document by document."""
    rows = np.array([0.5, -1.0, 0.25, 1.0])
    expected = np.mean([np.prod([1 + bet * x for x in rows]) for bet in BETS])
    assert EProcess.of(rows).value == pytest.approx(expected)


def test_nobody_wins_by_luck_however_often_he_looks() -> None:
    """Of 1,000 fair games of 400 documents, looked at after each 4, at most one in twenty (and with 0.01 one
    in a hundred) is ever won."""
    rng = np.random.default_rng(0)
    best = np.zeros(1000)
    for game in range(1000):
        process = EProcess.begin()
        rows = rng.choice([-1.0, 0.0, 0.3, 1.0, -0.3], p=[0.1, 0.6, 0.1, 0.1, 0.1], size=400)
        for look in range(0, 400, 4):
            process = process.after(rows[look : look + 4])
            best[game] = max(best[game], process.log_value)
    assert (best >= math.log(20)).mean() <= 0.05
    assert (best >= math.log(100)).mean() <= 0.01


def test_a_skewed_game_is_fair_too() -> None:
    """Many small wins against few large losses, 0 in the mean: no more is won than in others."""
    rng = np.random.default_rng(1)
    games = rng.choice([0.1, -1.0], p=[10 / 11, 1 / 11], size=(1000, 200))
    assert np.mean([EProcess.of(rows).shows(0.01) for rows in games]) <= 0.01


def test_the_order_of_documents_does_not_matter() -> None:
    """Nor whether they came at once."""
    rows = np.random.default_rng(2).uniform(-0.4, 0.6, size=50)
    backwards = EProcess.begin().after(rows[30:][::-1]).after(rows[:30][::-1])
    assert backwards.log_value == pytest.approx(EProcess.of(rows).log_value)
    assert backwards.documents == 50


def test_what_differs_in_nothing_says_nothing() -> None:
    """A thousand documents on which both say the same neither win nor cost."""
    rows = np.array([1.0, 0.5, 1.0])
    assert EProcess.of(np.concatenate([rows, np.zeros(1000)])).value == pytest.approx(EProcess.of(rows).value)
    assert EProcess.of(np.zeros(1000)).value == 1.0


def test_it_says_how_many_documents_are_missing() -> None:
    """With as many more like those, it is there; one who loses or stands still never gets there."""
    rows = np.tile([1.0, 0.0, -1.0, 1.0, 0.0], 6)
    more = EProcess.of(rows).more_documents(math.log(100))
    assert more is not None
    assert more > 0
    assert EProcess.of(np.tile(rows, 1 + math.ceil(more / 30))).shows(0.01)
    assert not EProcess.of(rows).shows(0.01)
    assert EProcess.of(-rows).more_documents(math.log(100)) is None
    assert EProcess.of(np.zeros(30)).more_documents(math.log(100)) is None
    assert EProcess.of(np.ones(30)).more_documents(math.log(100)) == 0


def test_fewer_than_so_many_documents_never_suffice() -> None:
    """Eleven documents, each won, are the least that shows anything with an error of 0.01."""
    n = fewest_documents(math.log(100))
    assert n == 11
    assert EProcess.of(np.ones(n)).shows(0.01)
    assert not EProcess.of(np.ones(n - 1)).shows(0.01)
