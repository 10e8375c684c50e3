# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .loop import try_target
from .reach import Reach
from .targets import TARGETS
from .trial import Target

SECONDS = float(os.environ.get("FUZZ_SECONDS", "4"))
"""Of a processor, for each target; the nightly run takes ten minutes each."""


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found(name: str) -> None:
    """Seeds, cases that were found once, and some seconds of mutations end in a clear error, or in a result
    that reads back equal, within a second each."""
    trial = try_target(TARGETS[name], SECONDS)
    assert not trial.findings, "\n".join(f"{one.what}: {one.case[:200]!r}" for one in trial.findings)
    assert trial.n_cases


def spells(data: bytes) -> bool:
    """Whether the data begin with a word; a line for each letter of it."""
    if data[:1] != b"f":
        return False
    if data[1:2] != b"r":
        return False
    if data[2:3] != b"e":
        return False
    return data[3:4] == b"s"


def test_a_case_that_reaches_a_new_line_is_mutated_further() -> None:
    """One thing is changed at a time: a word is found letter by letter, or never."""

    def run(data: bytes) -> None:
        assert not spells(data)

    target = Target("spells", run, lambda: [b"...."], [b"f", b"r", b"e", b"s"], rounds=1)
    findings = try_target(target, 20, reach=Reach((__file__,)), enough=1).findings
    assert [finding.case[:4] for finding in findings] == [b"fres"]


def test_seconds_of_child_processes_count() -> None:
    """A target that runs a program has the time that others have."""
    words = [sys.executable, "-c", "import time\nwhile time.process_time() < 0.25: pass"]

    def run(data: bytes) -> None:
        subprocess.run(words, check=True)

    target = Target("child", run, lambda: [b"a"])
    assert try_target(target, 0.6).n_cases <= 4


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found_in_ten_minutes(name: str) -> None:
    """The same for ten minutes, from another seed each night."""
    seed = int(os.environ.get("FUZZ_SEED", "1"))
    trial = try_target(TARGETS[name], float(os.environ.get("FUZZ_NIGHTLY_SECONDS", "600")), seed)
    assert not trial.findings, "\n".join(f"{one.what}: {one.case[:200]!r}" for one in trial.findings)
