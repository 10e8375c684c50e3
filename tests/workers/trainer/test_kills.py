# SPDX-License-Identifier: Apache-2.0
"""Trainers killed with SIGKILL at random moments come to the bytes of one that was left alone; see
`kill_runs.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.kafka import KafkaBroker

ROOT = Path(__file__).parents[3]


def kill(folder: Path, kills: int, seed: int, *more: str, timeout: float = 100.0) -> None:
    """So many kills in a process of their own; none changes the digest."""
    command = [
        sys.executable,
        "-m",
        "tests.workers.trainer.kill_runs",
        str(folder),
        "--kills",
        str(kills),
        "--seed",
        str(seed),
        *more,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["kills"], told["wrong"]) == (kills, 0)


@pytest.mark.slow
def test_some_kills_change_nothing(tmp_path: Path) -> None:
    """On the embedded log."""
    kill(tmp_path, 6, seed=1)


@pytest.mark.slow
@pytest.mark.broker
def test_some_kills_change_nothing_on_kafka(tmp_path: Path, kafka_broker: KafkaBroker) -> None:
    """On a real broker."""
    kill(tmp_path, 4, 2, "--kafka", kafka_broker.address)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_two_hundred_kills_change_nothing(tmp_path: Path) -> None:
    """On the embedded log."""
    kill(tmp_path, 200, 3, timeout=3600)


@pytest.mark.nightly
@pytest.mark.broker
@pytest.mark.timeout(3600)
def test_two_hundred_kills_change_nothing_on_kafka(tmp_path: Path, kafka_broker: KafkaBroker) -> None:
    """On a real broker."""
    kill(tmp_path, 200, 4, "--kafka", kafka_broker.address, timeout=3600)
