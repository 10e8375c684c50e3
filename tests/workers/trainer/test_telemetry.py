# SPDX-License-Identifier: Apache-2.0
"""What a trainer tells of itself: steps, corrections, checkpoints, candidates, whether it may still write."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.workers.trainer.support import Workshop, records
from workers.model_registry import StaleWriterError
from workers.trainer.checkpoints import Checkpoints
from workers.trainer.telemetry import PATIENCE, TrainerTelemetry
from workers.trainer.trainer import run_trainer


def value(telemetry: TrainerTelemetry, name: str, **labels: str) -> float | None:
    """One sample."""
    return telemetry.registry.get_sample_value(name, labels)


def test_a_trainer_tells_how_it_goes(tmp_path: Path) -> None:
    """After a run: what it learned and kept, how new the newest correction is, that it was ready."""
    shop, telemetry = Workshop(tmp_path), TrainerTelemetry()
    shop.send(records(18))
    session = run_trainer(
        shop.config(), stdout=io.StringIO(), stderr=io.StringIO(), until_end=True, telemetry=telemetry
    )
    counts = session.parts.filter.counts
    assert value(telemetry, "freshet_trainer_steps_total") == session.progress.step > 0
    assert value(telemetry, "freshet_trainer_corrections_total", outcome="learned") == counts["learned"]
    assert value(telemetry, "freshet_trainer_is_active") == 1
    assert value(telemetry, "freshet_trainer_fence") >= 1
    assert value(telemetry, "freshet_checkpoint_timestamp_seconds") > 1.7e9
    assert value(telemetry, "freshet_trainer_watermark_timestamp_seconds") > 1.7e9
    assert value(telemetry, "freshet_trainer_heartbeat_timestamp_seconds") > 1.7e9
    assert telemetry.health.ready() == ""


def test_a_trainer_that_was_put_out_says_so(tmp_path: Path) -> None:
    """Another one took over: it may write no more, ends, and is not counted as the active one."""
    shop, telemetry = Workshop(tmp_path), TrainerTelemetry()
    shop.send(records(10))

    def take_over(step: str) -> None:
        if step == "commit":
            with shop.open() as registry:
                Checkpoints(registry).take_over()

    with pytest.raises(StaleWriterError):
        run_trainer(
            shop.config(),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            until_end=True,
            on_step=take_over,
            telemetry=telemetry,
        )
    assert value(telemetry, "freshet_trainer_is_active") == 0
    assert telemetry.health.ready() == "another trainer took over"


def test_a_trainer_lives_while_it_gives_signs_and_is_ready_while_it_learns() -> None:
    """A long step is no death; a quarter of an hour without a sign is."""
    clock = SimpleNamespace(now=0.0)
    telemetry = TrainerTelemetry(clock=lambda: clock.now)
    assert telemetry.health.ready() == "the model is not warm yet"
    telemetry.health.warm = telemetry.health.joined = True
    clock.now = PATIENCE - 1
    assert telemetry.health.live() == ""
    clock.now = PATIENCE + 1
    assert telemetry.health.live().startswith("no poll for")
    telemetry.beat()
    assert telemetry.health.live() == telemetry.health.ready() == ""
