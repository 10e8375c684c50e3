# SPDX-License-Identifier: Apache-2.0
"""The whole loop by one command, with a real annotator process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from workers.cli import fleet, worker_process
from workers.cli.demo import screen as demo_screen
from workers.model_registry import open_registry
from workers.transports.address import open_transport

from .conftest import Run

Found = TypeVar("Found")


def test_the_demo_shows_annotations_and_adds_up(
    run: Run, tokens_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`freshet up --demo` annotates every sample text once, buries the broken ones, and says so."""
    monkeypatch.setattr(demo_screen, "PACE", 1000.0)
    result = run("up", "--demo", "--no-learn", "--model", tokens_only, "--burst", 2, "--data-dir", "data")
    assert result.exit_code == 0, result.output
    assert "dead letter" in result.stdout
    assert "exactly one each    yes" in result.stdout
    assert "console: http://127.0.0.1:" in result.stdout
    assert "tokens_only 0.1.0" in result.stdout
    assert len(run("dlq", "list", "--json", "--broker", "embedded:data").stdout.splitlines()) == 15


@pytest.mark.redis
@pytest.mark.timeout(300)
def test_the_demo_shows_the_whole_loop(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """People correct, the trainer learns, the gate judges; what passes serves, and the summary has scores,
    versions and the watermark."""
    monkeypatch.setattr(demo_screen, "PACE", 100.0)
    result = run("up", "--demo", "--burst", 1, "--data-dir", "data")
    assert result.exit_code == 0, result.output
    assert "exactly one each" in result.stdout
    assert "corrections sent           132 by simulated people" in result.stdout
    assert "the gate: F on" in " ".join(result.stdout.split())
    with open_registry("embedded:data") as registry:
        head, versions = registry.head(), registry.versions()
    assert sum(versions[-1].corrections.values()) == 132
    if head.champion == 1:  # the gate is a real one: a candidate may fail, and then the demo must say so
        assert "no candidate passed the gate" in result.stdout
        return
    assert "swapped without a restart" in result.stdout
    explained = json.loads(
        run(
            "explain", "ticker-140", "--json", "--broker", "embedded:data", "--registry", "embedded:data"
        ).stdout
    )
    assert explained["chain"][-1]["version"] == 1
    assert explained["chain"][0]["verdict"]["passed"]
    reread = [row for row in _rows(run, "annotations") if row["id"] == "ticker-001"]
    assert [row["model"]["version"] != "1" for row in reread] == [False, True]


@pytest.mark.redis
def test_a_trainer_that_cannot_run_stops_nothing(
    run: Run, tokens_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the trainer dies again and again the demo says so with the end of its log, and annotates on."""
    monkeypatch.setattr(demo_screen, "PACE", 1000.0)
    monkeypatch.setattr(fleet, "RESTARTS", 1)
    monkeypatch.setattr(
        fleet,
        "start_trainer",
        lambda config, *rest, **restarts: worker_process.start_trainer("nothing.cfg", *rest, **restarts),
    )
    result = run("up", "--demo", "--model", tokens_only, "--burst", 0, "--data-dir", "data")
    assert result.exit_code == 0, result.output
    assert "nothing more will be learned" in result.stderr
    assert "nothing.cfg" in result.stderr
    assert "trainer died" in result.stdout
    assert "exactly one each" in result.stdout


@pytest.mark.redis
def test_workers_that_are_killed_are_started_again(tmp_path: Path) -> None:
    """`freshet up` outlives its annotator and its trainer: both are started again, and every text has one
    annotation."""
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.cli", "up", "--data-dir", "d"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    try:
        broker = f"embedded:{tmp_path}/d"
        for round_ in range(2):
            workers = _wait_for(
                lambda: _children(process.pid, ["annotate", "learn"]), lambda found: len(found) == 2
            )
            lines = b'{"text":"a"}\n' * 50
            subprocess.run(
                [sys.executable, "-m", "workers.cli", "send", "texts", "-", "--broker", broker],
                input=lines,
                check=True,
            )
            _wait_for(lambda: _count(broker), lambda n, wanted=50 * (round_ + 1): n == wanted)
            with open_registry(broker) as registry:
                (entry,) = _wait_for(registry.workers, bool)
                assert (entry.version, entry.note) == ("1", "")
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
        assert _count(broker) == 100
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_an_annotator_that_cannot_start_is_shown_with_the_end_of_its_log(
    run: Run, tokens_only: Path, tmp_path: Path
) -> None:
    """A broken model ends `freshet up` with what the annotator said."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.cfg").write_bytes((tokens_only / "config.cfg").read_bytes())
    result = run("up", "--demo", "--model", broken)
    assert result.exit_code == 1
    assert "meta.json" in result.stderr


def test_up_leaves_nobody_behind(run: Run, tokens_only: Path, tmp_path: Path) -> None:
    """SIGTERM ends annotator, trainer and registry too, in order."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "workers.cli",
            "up",
            "--model",
            str(tokens_only),
            "--data-dir",
            str(tmp_path / "data"),
        ],
        stderr=subprocess.DEVNULL,
    )
    log = tmp_path / "data" / "annotator.log"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (
        log.is_file() and "assigned" in log.read_text(encoding="utf-8")
    ):
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    assert not _running(str(tmp_path / "data"))


def test_a_worker_config_names_its_model_and_settings(run: Run, tokens_only: Path, tmp_path: Path) -> None:
    """`freshet annotate FILE.cfg` reads [paths] model and [worker]; flags win over the file."""
    (tmp_path / "worker.cfg").write_text(
        f'[paths]\nmodel = "{tokens_only}"\n\n[worker]\ninput_topic = "a"\noutput_topic = "b"\n',
        encoding="utf-8",
    )
    result = run("annotate", "worker.cfg", "--worker.output_topic", "c")
    assert result.exit_code == 78
    assert "missing are a, c, a.dlq" in result.stderr


def _rows(run: Run, topic: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("read", topic, "--broker", "embedded:data").stdout.splitlines()]


def _count(broker: str) -> int:
    with closing(open_transport(broker)) as log:
        return sum(1 for _ in log.read("annotations"))


def _children(parent: int, words: list[str]) -> list[int]:
    """Processes that this one started, whose command has one of the words."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            status, command = (folder / "status").read_text(), (folder / "cmdline").read_bytes().split(b"\0")
        except (OSError, UnicodeDecodeError):
            continue
        if f"PPid:\t{parent}\n" in status and any(word.encode() in command for word in words):
            found.append(int(folder.name))
    return found


def _wait_for(look: Callable[[], Found], enough: Callable[[Found], bool]) -> Found:
    deadline = time.monotonic() + 90
    while not enough(found := look()):
        assert time.monotonic() < deadline, f"waited in vain, there is {found}"
        time.sleep(0.2)
    return found


def _running(word: str) -> bool:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if word.encode() in (folder / "cmdline").read_bytes():
                    return True
            except OSError:
                continue
    return False
