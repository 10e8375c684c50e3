# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import random

from engine.training.adwin import Adwin


def alarms(detector: Adwin, rates: list[float], seed: int = 0) -> list[int]:
    """Positions at which coin flips with these chances of 1 raised an alarm."""
    coins = random.Random(seed)
    found = []
    for i, rate in enumerate(rates):
        detector.update(float(coins.random() < rate))
        if detector.drift_detected:
            found.append(i)
    return found


def test_a_steady_stream_raises_no_alarm() -> None:
    """Twenty streams of 2000 numbers with one mean: at most one false alarm in all."""
    assert sum(len(alarms(Adwin(), [0.3] * 2000, seed)) for seed in range(20)) <= 1


def test_a_changed_mean_is_found_soon() -> None:
    """From 20 % errors to 60 %: an alarm within 200 numbers, none before, and the window is of the new
    mean."""
    for seed in range(5):
        detector = Adwin()
        found = alarms(detector, [0.2] * 1000 + [0.6] * 500, seed)
        assert found
        assert 1000 <= found[0] < 1200
        assert abs(detector.mean - 0.6) < 0.1


def test_the_window_is_kept_in_few_buckets() -> None:
    """Memory grows with the logarithm of the window."""
    detector = Adwin()
    alarms(detector, [0.5] * 5000)
    assert detector.width == 5000
    assert sum(map(len, detector.buckets)) < 70


def test_a_restored_detector_goes_on_alike() -> None:
    """State through JSON and back changes nothing, to the last bit."""
    first, second = Adwin(), Adwin()
    alarms(first, [0.2] * 777)
    second.load_state(json.loads(json.dumps(first.state())))
    assert alarms(first, [0.7] * 300) == alarms(second, [0.7] * 300)
    assert first.state() == second.state()
