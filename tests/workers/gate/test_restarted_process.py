# SPDX-License-Identifier: Apache-2.0
"""Bettors who begin one after the other."""

from __future__ import annotations

import json

import numpy as np
import pytest

from workers.gate.counts import FloatArray
from workers.gate.e_process import EProcess
from workers.gate.restarted_process import RestartedProcess


def games(won: int, lost: int, n: int, seed: int = 0) -> FloatArray:
    """Documents of which so many are won, so many lost and the others neither, in some order."""
    rows = np.array([1.0] * won + [-1.0] * lost + [0.0] * (n - won - lost))
    shuffled: FloatArray = np.random.default_rng(seed).permutation(rows)
    return shuffled


def test_who_becomes_better_later_is_shown_sooner() -> None:
    """What the first bettor lost on the first documents, later ones have not; who was better from the start
    pays half for that at most."""
    late = np.concatenate([games(10, 40, 250), games(60, 10, 250)])
    restarted, alone = RestartedProcess().after(late), EProcess.of(late)
    assert alone.value < 10
    assert restarted.value > 1000
    early = games(60, 10, 250)
    assert RestartedProcess().after(early).value >= EProcess.of(early).value / 2


def test_nobody_wins_by_luck() -> None:
    """Of a thousand who are no better than the champion few ever come to a hundred, however often one
    looks."""
    rng = np.random.default_rng(0)
    won = 0
    for _ in range(300):
        process = RestartedProcess()
        for _ in range(20):
            process = process.after(rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.8, 0.1], size=20))
            if process.shows(0.01):
                won += 1
                break
    assert won <= 5


def test_it_is_the_same_however_documents_come_and_from_its_state() -> None:
    """One by one or together, kept as JSON between."""
    rows = games(60, 40, 300)
    whole, part = RestartedProcess().after(rows), RestartedProcess()
    for at in range(0, 300, 7):
        part = RestartedProcess.from_state(json.loads(json.dumps(part.after(rows[at : at + 7]).state())))
    assert part.documents == whole.documents == 300
    assert len(part.parts) == len(whole.parts) == 4
    assert part.value == pytest.approx(whole.value)


def test_a_state_of_before_goes_on() -> None:
    """Later bettors begin where it is read; the first keeps what it won."""
    before = EProcess.of(games(60, 40, 300))
    state = {"logs": before.logs.tolist(), "documents": before.documents}
    again = RestartedProcess.from_state(state)
    assert again.value == pytest.approx((before.value + 1) / 2)
    assert again.after(np.ones(1)).documents == 301
