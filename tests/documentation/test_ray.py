from __future__ import annotations

import io
import itertools
from pathlib import Path

import pytest

import engine
from engine.config.default_values import fill_config
from engine.extras import RAY
from engine.training.distributed.alone import train_alone
from engine.training.distributed.settings import DistributedSettings
from tests.documentation.rows import row
from tests.documentation.shell import PATHS, SHORT, Shell, partial_config
from tests.engine.training.test_train import made_config
from tests.ray_runs import RayRun


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with a little corpus and a config of two components."""
    shell = Shell(tmp_path, monkeypatch)
    shell.write("config.cfg", partial_config("tok2vec", "tagger"))
    return shell


@row("L01", "L03", "E31.12")
def test_the_command_is_there_with_its_options(shell: Shell) -> None:
    """ray --help and ray train --help; each option by its documented names."""
    assert "train" in shell.good("ray", "--help").stdout
    told = shell.good("ray", "train", "--help").stdout
    for option in (
        "--n-workers",
        "-w",
        "--address",
        "-a",
        "--gpu-id",
        "-g",
        "--code",
        "-c",
        "--output",
        "-o",
    ):
        assert option in told
    assert "--verbose" in told


@row("L02")
@pytest.mark.skipif(not RAY.is_installed, reason="needs the extra ray")
@pytest.mark.xdist_group("ray")
@pytest.mark.timeout(600)
def test_two_workers_train_a_config_and_end_in_the_weights_of_one(tmp_path: Path) -> None:
    """`ray train config.cfg --n-workers 2` on this machine: the digest is that of one worker in this process;
    one row an evaluation, with words a second of a worker."""
    short = {"training.max_steps": 6, "training.eval_frequency": 3, "training.dropout": 0.2}
    config = fill_config(made_config(tmp_path, **short))
    config.to_disk(tmp_path / "config.cfg")
    words = ("ray", "train", str(tmp_path / "config.cfg"), "--n-workers", "2", "-o", str(tmp_path / "two"))
    run = RayRun(*words, folder=tmp_path)
    try:
        console, ticks = io.StringIO(), itertools.count()
        train_alone(
            engine.from_config(config),
            DistributedSettings(),
            tmp_path / "one",
            clock=lambda: float(next(ticks)),
            stdout=console,
            stderr=console,
        )
        told = run.end()
    finally:
        run.close()
    one, two = (engine.load(tmp_path / name / "model-last") for name in ("one", "two"))
    assert two.digest == one.digest
    assert two.meta["training"] == one.meta["training"]
    assert (tmp_path / "two" / "model-best" / "meta.json").is_file()
    assert "w/s a worker" in told
    assert "6 steps" in told


@row("L02")
def test_one_worker_of_the_documented_command_needs_no_ray(shell: Shell) -> None:
    """--n-workers 1, which is the default, trains in this process."""
    words = ("ray", "train", "config.cfg", "-o", "out", *PATHS, *SHORT)
    told = shell.good(*words, "--training.distributed.strategy", "owned")
    assert "strategy: owned" in told.stderr
    assert (shell.folder / "out" / "model-last" / "config.cfg").is_file()


def test_several_workers_without_ray_are_told_what_to_type(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra by its name, and nothing is trained."""
    monkeypatch.setattr("engine.extras.find_spec", lambda name: None)
    told = shell("train", "config.cfg", "--workers", "2", *PATHS)
    assert told.exit_code == 1
    assert "freshet[ray]" in told.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--workers", "5"), "shards"),
        (("--training.distributed.strategy", "fast"), "strategy"),
        (("--training.distributed.wrokers", "2"), "wrokers"),
    ],
)
def test_what_workers_cannot_follow_is_a_config_error(
    shell: Shell, words: tuple[str, ...], named: str
) -> None:
    """With the key's path, before anything is started."""
    told = shell("train", "config.cfg", *words, *PATHS)
    assert told.exit_code == 78
    assert f"training -> distributed -> {named}" in told.stderr


def test_a_config_with_the_block_is_a_config(shell: Shell) -> None:
    """fill-config keeps it, and debug config finds nothing wrong."""
    text = (shell.folder / "config.cfg").read_text() + "\n[training]\n\n[training.distributed]\nworkers = 2\n"
    (shell.folder / "block.cfg").write_text(text)
    shell.good("debug", "config", "block.cfg", *PATHS)
    shell.good("init", "fill-config", "block.cfg", "filled.cfg")
    assert "[training.distributed]" in (shell.folder / "filled.cfg").read_text()
    told = shell("debug", "config", "block.cfg", *PATHS, "--training.distributed.workers", "5")
    assert told.exit_code != 0
    assert "shards" in told.output


@pytest.mark.parametrize("words", [("--workers", "1"), ("--training.distributed.workers", "1")])
def test_the_command_line_counts_before_the_file(shell: Shell, words: tuple[str, ...]) -> None:
    """Workers that the file's shards are too few for are no error where the command line asks for one."""
    text = (shell.folder / "config.cfg").read_text() + "\n[training]\n\n[training.distributed]\nworkers = 9\n"
    (shell.folder / "block.cfg").write_text(text)
    assert "workers: 1" in shell.good("train", "block.cfg", *words, *PATHS, *SHORT).stderr
