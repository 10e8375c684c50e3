# SPDX-License-Identifier: Apache-2.0
"""The whole loop by one command, with a real annotator process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workers.cli import demo_screen

from .conftest import Run


def test_the_demo_shows_annotations_and_adds_up(run: Run, tokens_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`freshet up --demo` annotates every sample text once, buries the broken ones, and says so."""
    monkeypatch.setattr(demo_screen, "PACE", 1000.0)
    result = run("up", "--demo", "--model", tokens_only, "--burst", 2, "--data-dir", "data")
    assert result.exit_code == 0, result.output
    assert "dead letter" in result.stdout
    assert "exactly one each    yes" in result.stdout
    assert "tokens_only 0.1.0" in result.stdout
    assert len(run("dlq", "list", "--json", "--broker", "embedded:data").stdout.splitlines()) == 15


def test_an_annotator_that_cannot_start_is_shown_with_the_end_of_its_log(run: Run, tokens_only: Path, tmp_path: Path) -> None:
    """A broken model ends `freshet up` with what the annotator said."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.cfg").write_bytes((tokens_only / "config.cfg").read_bytes())
    result = run("up", "--demo", "--model", broken)
    assert result.exit_code == 1
    assert "meta.json" in result.stderr


def test_up_leaves_no_annotator_behind(run: Run, tokens_only: Path, tmp_path: Path) -> None:
    """SIGTERM ends the annotator too, in order."""
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.cli", "up", "--model", str(tokens_only)], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    log = tmp_path / ".freshet" / "annotator.log"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (log.is_file() and "assigned" in log.read_text(encoding="utf-8")):
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    assert not _running(str(tokens_only))


def test_a_worker_config_names_its_model_and_settings(run: Run, tokens_only: Path, tmp_path: Path) -> None:
    """`freshet annotate FILE.cfg` reads [paths] model and [worker]; flags win over the file."""
    (tmp_path / "worker.cfg").write_text(
        f'[paths]\nmodel = "{tokens_only}"\n\n[worker]\ninput_topic = "a"\noutput_topic = "b"\n', encoding="utf-8"
    )
    result = run("annotate", "worker.cfg", "--worker.output_topic", "c")
    assert result.exit_code == 78
    assert "missing are a, c, a.dlq" in result.stderr


def _running(word: str) -> bool:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if word.encode() in (folder / "cmdline").read_bytes():
                    return True
            except OSError:
                continue
    return False
