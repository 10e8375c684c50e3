# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workers.annotator.instance_id import InstanceId

HOLD = (
    "import sys; from workers.annotator.instance_id import InstanceId; own = InstanceId(*sys.argv[1:]); "
    "print(own.name, flush=True); input()"
)


@pytest.fixture
def group() -> str:
    """A group that no other test has."""
    return uuid.uuid4().hex


@contextmanager
def holder(group: str, **changes: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that holds a slot, in an environment with changes; and the slot."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, "b", group],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | changes,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def test_workers_of_one_group_have_different_slots(group: str) -> None:
    """Two workers of one host and group get different slots; one of another group may have the same."""
    with (
        InstanceId("b", group) as first,
        InstanceId("b", group) as second,
        InstanceId("b", f"{group}-other") as third,
    ):
        assert first.name != second.name
        assert first.name == third.name


def test_a_slot_is_the_hosts_whatever_folder_for_temporary_files_a_worker_has(
    group: str, tmp_path: Path
) -> None:
    """Workers whose TMPDIR differs do not take the same slot: each would put the other out of the group."""
    with holder(group, TMPDIR=str(tmp_path)) as (_, name), InstanceId("b", group) as own:
        assert own.name != name


def test_a_killed_worker_leaves_its_slot(group: str) -> None:
    """The slot of a killed process is free at once, so that its successor takes its place."""
    with holder(group) as (process, name):
        with InstanceId("b", group) as other:
            assert other.name != name
        process.send_signal(signal.SIGKILL)
        process.wait()
        with InstanceId("b", group) as successor:
            assert successor.name == name


def test_the_slot_is_said_in_the_log(group: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who reads the log sees which place in the group a worker has."""
    with caplog.at_level(logging.INFO), InstanceId("b", group) as own:
        assert f"slot {own.name} of group {group}" in caplog.text
