# SPDX-License-Identifier: Apache-2.0
"""Memory over months, by `benchmarks/memory.py`."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.memory import slope

ROOT = Path(__file__).parents[2]


def samples(grade: float, swing: float, n: int = 4000) -> list[tuple[int, int]]:
    """Ten million messages; memory grows by so many percent a million, and swings as tables fill and are
    emptied."""
    noise = random.Random(0)
    found = []
    for i in range(n):
        done = 10_000_000 * i // n
        level = 1 + grade / 100 * done / 1e6 + swing * math.sin(done / 40_000) + noise.gauss(0, swing / 4)
        found.append((done, int(300e6 * level)))
    return found


@pytest.mark.parametrize("grade", [0.0, 0.5])
def test_a_slope_is_told_from_the_swing(grade: float) -> None:
    """The line finds what was put in, within its error, which suffices to tell the limit of 0.1."""
    found = slope(samples(grade, swing=0.02), 100_000)
    assert abs(found["slope_percent"] - grade) <= max(3 * found["slope_error"], 0.02)
    assert found["slope_error"] < 0.1


@pytest.mark.nightly
@pytest.mark.timeout(4 * 3600)
def test_memory_stays_flat_over_ten_million_messages() -> None:
    """A worker on ever-new words grows by at most 0.1 % a million messages."""
    model = ROOT / "models" / "en_starter"
    command = [sys.executable, "-m", "benchmarks.memory", str(model), "--slope", "--json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["messages"] == 10_000_000
