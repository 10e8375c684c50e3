# SPDX-License-Identifier: Apache-2.0
"""Memory over months, by `benchmarks/memory.py`."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import engine
from benchmarks.memory import slope

ROOT = Path(__file__).parents[2]


def run_benchmark(model: Path, *options: str) -> dict[str, Any]:
    """What `--slope` prints."""
    command = [sys.executable, "-m", "benchmarks.memory", str(model), "--slope", "--json", *options]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("grade", [0.0, 0.5])
def test_a_slope_is_found_within_its_error(tmp_path: Path, grade: float) -> None:
    """Of notes that scatter by three hundredths over ten million messages, a limit of 0.1 can be told."""
    noise = random.Random(0)
    points = range(0, 10_000_000, 30_000)
    notes = [(n, 160e6 * (1 + grade / 100 * n / 1e6 + noise.gauss(0, 0.03))) for n in points]
    turns = tmp_path / "turns"
    turns.write_text("".join(f"{n} {int(size)}\n" for n, size in notes))
    found = slope(turns, 100_000)
    assert abs(found["slope_percent"] - grade) <= 3 * found["slope_error"]
    assert found["slope_error"] < 0.1


@pytest.mark.timeout(400)
def test_a_worker_notes_what_it_holds(tmp_path: Path) -> None:
    """A short run through a log: tables of words give way again and again, and what is held is noted."""
    engine.blank("en").to_disk(tmp_path / "model")
    found = run_benchmark(tmp_path / "model", "--messages", "250000")
    assert found["messages"] == 250_000
    assert found["table_turns"] >= 4
    assert found["held_mb"] > 10


@pytest.mark.nightly
@pytest.mark.timeout(6 * 3600)
def test_memory_stays_flat_over_ten_million_messages() -> None:
    """A worker on ever-new words grows by at most 0.1 % a million messages."""
    found = run_benchmark(ROOT / "models" / "en_starter")
    assert found["messages"] == 10_000_000
    assert found["slope_percent"] <= 0.1 + 2 * found["slope_error"]
