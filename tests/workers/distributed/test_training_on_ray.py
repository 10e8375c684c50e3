from __future__ import annotations

import io
import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.config.default_values import fill_config
from engine.extras import RAY
from engine.training.distributed.alone import train_alone
from engine.training.distributed.settings import DistributedSettings
from engine.training.weights import Weights, weights_of
from tests.engine.training.test_train import made_config
from tests.ray_runs import TRAINING, RayRun
from tests.workers.distributed.slow_steps import slow_code, slow_config

pytestmark = [
    pytest.mark.skipif(not RAY.is_installed, reason="needs the extra ray"),
    pytest.mark.xdist_group("ray"),
    pytest.mark.timeout(1800),  # each fall begins the group anew: half a minute, on a busy machine several
]

STEPS = {"training.max_steps": 12, "training.eval_frequency": 6, "training.dropout": 0.2}


@pytest.fixture
def runs() -> Iterator[list[RayRun]]:
    """Runs that are ended after the test."""
    started: list[RayRun] = []
    yield started
    for run in started:
        run.close()


def written(folder: Path, **values: Any) -> Path:
    """A config of the made corpus as a file."""
    file = folder / "config.cfg"
    fill_config(made_config(folder, **{**STEPS, **values})).to_disk(file)
    return file


def alone(config: Path, folder: Path) -> str:
    """The digest of the last pipeline of one worker in this process."""
    ticks, console = itertools.count(), io.StringIO()
    train_alone(
        engine.from_config(engine.read_config(config)),
        DistributedSettings(),
        folder,
        clock=lambda: float(next(ticks)),
        stdout=console,
        stderr=console,
    )
    return engine.load(folder / "model-last").digest


@pytest.mark.nightly
@pytest.mark.parametrize("strategy", ["sync", "owned", "local"])
def test_a_worker_that_is_killed_costs_no_update(tmp_path: Path, runs: list[RayRun], strategy: str) -> None:
    """Twice in one run: the training ends, with as many updates, and the pipeline loads; synchronous workers
    end in the bytes of a run without falls."""
    text, _ = killed(tmp_path, runs, strategy, falls=2, steps=60)
    saved = engine.load(tmp_path / "out" / "model-last")
    assert saved.meta["training"]["steps"] == 60
    assert "60 steps" in text
    if strategy == "sync":
        for name, array in weights_of_one(tmp_path, 60).items():
            np.testing.assert_array_equal(weights_of(saved)[name], array)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_fifty_kills_cost_no_update(tmp_path: Path, runs: list[RayRun]) -> None:
    """Whichever worker falls, whenever."""
    text, fallen = killed(tmp_path, runs, "sync", falls=50, steps=600)
    assert fallen == 50
    assert "600 steps" in text
    saved = engine.load(tmp_path / "out" / "model-last")
    for name, array in weights_of_one(tmp_path, 600).items():
        np.testing.assert_array_equal(weights_of(saved)[name], array)


def weights_of_one(folder: Path, steps: int) -> Weights:
    """The last weights of one worker that nobody kills, nor slows down."""
    config = written(folder, **{"training.max_steps": steps, "training.eval_frequency": 5})
    alone(config, folder / "one")
    return weights_of(engine.load(folder / "one" / "model-last"))


def killed(folder: Path, runs: list[RayRun], strategy: str, *, falls: int, steps: int) -> tuple[str, int]:
    """Train with two workers, of which one is killed again and again, once the group is past a checkpoint;
    what the run said, and how often one fell."""
    config = folder / "slow.cfg"
    steps_and_rows = {**STEPS, "training.max_steps": steps, "training.eval_frequency": 5}
    slow_config(fill_config(made_config(folder, **steps_and_rows))).to_disk(config)
    words = (
        "train",
        str(config),
        "-o",
        str(folder / "out"),
        "--workers",
        "2",
        "--code",
        str(slow_code(folder)),
    )
    options = ("--training.distributed.strategy", strategy, "--training.distributed.max_failures", "-1")
    run = RayRun(*words, *options, folder=folder)
    runs.append(run)
    coins, fallen = random.Random(0), 0
    seen: set[int] = set()
    while fallen < falls and wait_for_row_of_new_group(run, seen):
        seen |= set(run.workers(TRAINING))
        fallen += run.kill_one(TRAINING, coins.randrange(2))
    return run.end(600), fallen


def wait_for_row_of_new_group(run: RayRun, seen: set[int]) -> bool:
    """Wait until two workers that nobody has seen have written a row; whether that was before the end."""
    run.wait_for(lambda: has_ended(run) or len(set(run.workers(TRAINING)) - seen) >= 2)
    rows = len(run.text.splitlines())
    run.wait_for(lambda: has_ended(run) or len(run.text.splitlines()) > rows)
    return not has_ended(run)


def has_ended(run: RayRun) -> bool:
    """Whether it told its last step: on a busy machine that may be before somebody kills it."""
    return "steps," in run.text
