# SPDX-License-Identifier: Apache-2.0
"""A rolling deploy under load, as `python -m benchmarks.rolling` measures it, with a model that takes no
time."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.rolling import WORKERS, Rollout, make_topics, new_settings, roll
from tests.servers.kafka import KafkaBroker
from workers.transports import open_transport

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]


class WordsWorker:
    """The tests' annotator in a process of its own."""

    def __init__(self, log_file: Path, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.e2e.annotator_with_faults"]
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
            )

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self._process.terminate()
        return self._process.wait(30)


@pytest.mark.parametrize(
    ("surge", "n_rolls"),
    [
        pytest.param(True, 2, marks=pytest.mark.slow),
        pytest.param(True, 20, marks=pytest.mark.nightly),
        pytest.param(False, 5, marks=pytest.mark.nightly),
    ],
)
def test_workers_are_replaced_under_load_without_a_loss(
    kafka_broker: KafkaBroker, tmp_path: Path, surge: bool, n_rolls: int
) -> None:
    """Surge: a new one first. Else: each keeps its slot. Nothing is lost or doubled, and no partition is
    silent for long; two seconds where the machine is not busy."""
    settings = new_settings(f"kafka://{kafka_broker.address}")

    def start(slot: str, port: int) -> WordsWorker:
        environment = {
            "FRESHET_BROKER": settings.broker,
            "FRESHET_GROUP": settings.group,
            "FRESHET_INPUT_TOPIC": settings.input_topic,
            "FRESHET_OUTPUT_TOPIC": settings.output_topic,
            "FRESHET_SLOT": slot,
            "FRESHET_HEALTH_PORT": str(port),
            "FRESHET_THREADS": "1",
        }
        return WordsWorker(tmp_path / f"{slot}.log", environment)

    rollout = Rollout(start, surge, settle=1.0)
    with closing(open_transport(settings.broker)) as transport:
        make_topics(transport, settings)
        try:
            for _ in range(WORKERS):
                rollout.add()
            figures = roll(transport, settings, rollout, rate=200, n_rolls=n_rolls)
        finally:
            rollout.stop()
    print(figures)
    assert figures["lost"] == figures["doubled"] == 0
    assert figures["exit_codes"] == [0]
    assert float(str(figures["longest_gap"])) < 6.0
