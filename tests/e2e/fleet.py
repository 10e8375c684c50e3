# SPDX-License-Identifier: Apache-2.0
"""Annotator processes on a real log, and the checker of what they leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.workers.support import Outcome, create_topics, outcome, send, wait_until
from workers.settings import WorkerSettings
from workers.transports.address import open_transport
from workers.transports.base import Transport

ROOT = Path(__file__).parents[2]


@dataclass
class Fleet:
    """Workers of one group on topics of its own."""

    settings: WorkerSettings
    transport: Transport
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, fault: str = "", delay: float = 0.0, **environ: str) -> subprocess.Popen[bytes]:
        """Start a worker, with a fault where one is given."""
        command = [
            sys.executable,
            "-m",
            "tests.e2e.annotator_with_faults",
            *([fault] if fault else []),
            "--delay",
            str(delay),
        ]
        with (self.folder / "workers.log").open("ab") as log:
            worker = subprocess.Popen(
                command, cwd=ROOT, env=self._environ() | environ, stdout=log, stderr=log
            )
        self.workers.append(worker)
        return worker

    def send(self, values: list[bytes]) -> None:
        """Write texts."""
        send(self.transport, list(values), self.settings.input_topic)

    def outcome(self) -> Outcome:
        """What is there now, committed records only."""
        return outcome(self.transport, self.settings)

    def wait_for_outputs(self, n: int | None = None, timeout: float = 60.0) -> Outcome:
        """Wait until so many inputs have an output, by default all. Raises: AssertionError with the workers'
        log."""
        deadline = time.monotonic() + timeout
        while True:
            found = self.outcome()
            if len(found.seen) >= (len(found.inputs) if n is None else n):
                return found
            assert time.monotonic() < deadline, (
                f"{len(found.seen)} of {len(found.inputs)} have outputs; workers said:\n{self.log()}"
            )
            time.sleep(0.1)

    def finish(self) -> list[int]:
        """Ask all living workers to stop, once their interpreters are up; their exit codes."""
        living = [worker for worker in self.workers if worker.poll() is None]
        wait_until(lambda: all(worker.poll() is not None or self._is_up(worker) for worker in living))
        for worker in living:
            worker.send_signal(signal.SIGTERM)
        return [worker.wait(30) for worker in living]

    def log(self) -> str:
        """The end of what the workers said."""
        return (self.folder / "workers.log").read_text(errors="replace")[-6000:]

    def _is_up(self, worker: subprocess.Popen[bytes]) -> bool:
        written = (self.folder / "workers.log").read_text(errors="replace")
        return f" {worker.pid} workers.annotator.annotator model warm" in written

    def _environ(self) -> dict[str, str]:
        names = ("broker", "input_topic", "output_topic", "group")
        own = {f"FRESHET_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        return {**os.environ, **own, "FRESHET_THREADS": "2", "FRESHET_HEALTH_PORT": "-1", **self.extra}


@contextmanager
def fleet(broker: str, folder: Path, partitions: int = 4, **extra: str) -> Iterator[Fleet]:
    """A fleet on new topics of a log; what still runs at the end is killed. `extra` are variables of its
    workers."""
    name = uuid.uuid4().hex[:8]
    settings = WorkerSettings(
        broker=broker, input_topic=f"texts-{name}", output_topic=f"annotations-{name}", group=f"group-{name}"
    )
    topics = (settings.input_topic, settings.output_topic, settings.dead_letters_to)
    with closing(open_transport(broker)) as transport:
        create_topics(transport, partitions, topics)
        made = Fleet(settings, transport, folder, {"FRESHET_COMMIT_INTERVAL": "0.05", **extra})
        try:
            yield made
        finally:
            for worker in made.workers:
                if worker.poll() is None:
                    worker.kill()
                    worker.wait()
