"""Runs of the command line on a Ray of this machine, whose processes can be found and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

MARK = "FRESHET_TEST_RUN"
TRAINING = b"ray::RayTrainWorker"
BACKFILL = b"ray::MapWorker"


class RayRun:
    """A command in a process of its own; all that it starts bears its mark."""

    def __init__(self, *words: str, folder: Path) -> None:
        self.mark, self.folder = uuid.uuid4().hex, folder
        self.log = folder / f"{self.mark}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "workers.cli", *words],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, MARK: self.mark, "OMP_NUM_THREADS": "1"},
            )

    @property
    def text(self) -> str:
        """What it said so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, is_there: Callable[[], object], seconds: float = 600.0) -> None:
        """Wait until something is so; the run must not end before."""
        until = time.monotonic() + seconds
        while not is_there():
            assert self.process.poll() is None, f"ended before:\n{self.text[-3000:]}"
            assert time.monotonic() < until, f"not in time:\n{self.text[-3000:]}"
            time.sleep(0.05)

    def end(self, seconds: float = 600.0) -> str:
        """Wait until it has ended well; what it said."""
        code = self.process.wait(seconds)
        assert code == 0, self.text[-3000:]
        return self.text

    def workers(self, title: bytes) -> list[int]:
        """The processes of this run whose title begins so."""
        ours = f"{MARK}={self.mark}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if (entry / "cmdline").read_bytes().startswith(title) and ours in (
                    entry / "environ"
                ).read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return sorted(found)

    def kill_one(self, title: bytes, number: int = 0) -> bool:
        """Kill one of them, as the kernel does when memory is short; whether there was one."""
        pids = self.workers(title)
        if pids:
            os.kill(pids[number % len(pids)], signal.SIGKILL)
        return bool(pids)

    def close(self) -> None:
        """End what is left of it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
