# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from workers.annotator.instance_id import InstanceId


def test_workers_of_one_group_have_different_slots(tmp_path: Path) -> None:
    """Two workers of one host and group get different slots; one of another group may have the same."""
    with (
        InstanceId("b", "g", tmp_path) as first,
        InstanceId("b", "g", tmp_path) as second,
        InstanceId("b", "other", tmp_path) as third,
    ):
        assert first.name != second.name
        assert first.name == third.name


def test_a_killed_worker_leaves_its_slot(tmp_path: Path) -> None:
    """The slot of a killed process is free at once, so that its successor takes its place."""
    imports = "from pathlib import Path; from workers.annotator.instance_id import InstanceId"
    make = f"own = InstanceId('b', 'g', Path({str(tmp_path)!r}))"
    code = f"{imports}; {make}; print(own.name, flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    name = holder.stdout.readline().strip()
    with InstanceId("b", "g", tmp_path) as other:
        assert other.name != name
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with InstanceId("b", "g", tmp_path) as successor:
        assert successor.name == name
