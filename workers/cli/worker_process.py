# SPDX-License-Identifier: Apache-2.0
"""Workers as processes of their own, started and ended by the command that wants them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from ..errors import WorkerError

GRACE = 25.0
"""Seconds to finish what was begun: a worker's own deadline and some."""
LIFE = 30.0
"""Seconds after which a worker that was started again counts as healthy."""


class WorkerProcess:
    """A `freshet` command in a process of its own, its log in a file. Ends with the block that it is used in.

    One that dies is started again so many times in a row; all that workers do goes on where it was left.
    """

    def __init__(self, name: str, arguments: Sequence[str], log_file: Path, *, restarts: int = 0) -> None:
        self.name = name
        self.log_file = log_file
        self.restarted = 0
        self._arguments = list(arguments)
        self._left = self._restarts = restarts
        self._process = self._start()

    def check(self) -> None:
        """See whether it runs. Raises: WorkerError with the end of its log where it has stopped, and once too
        often."""
        code = self._process.poll()
        if code is None:
            if time.monotonic() - self._since > LIFE:
                self._left = self._restarts
            return
        if self._left > 0:
            self._left -= 1
            self.restarted += 1
            self._process = self._start()
            return
        tail = "\n".join(self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
        raise WorkerError(
            f"expected the {self.name} to run, it ended with exit code {code}; the end of "
            f"{self.log_file}:\n{tail}"
        )

    def ask_to_stop(self) -> None:
        """Tell it to finish, without waiting."""
        self._process.terminate()

    def stop(self) -> int:
        """Let it drain and end; its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        self._since = time.monotonic()
        with self.log_file.open("ab") as log:
            # A process group of its own: Ctrl-C reaches this process alone, which then ends the worker in
            # order.
            return subprocess.Popen(
                [sys.executable, "-m", "workers.cli", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_annotator(
    model: str, broker: str, log_file: Path, *options: str, restarts: int = 0
) -> WorkerProcess:
    """`freshet annotate`, its log in a file."""
    return WorkerProcess(
        "annotator", ["annotate", model, "--broker", broker, *options], log_file, restarts=restarts
    )


def start_console(
    broker: str, registry: str, log_file: Path, *options: str, restarts: int = 0
) -> WorkerProcess:
    """`freshet console`, its log in a file; the link stands there not: whoever starts it makes one."""
    return WorkerProcess(
        "console",
        ["console", "--broker", broker, "--registry", registry, "--no-link", *options],
        log_file,
        restarts=restarts,
    )


def start_trainer(
    config: str, broker: str, registry: str, log_file: Path, *options: str, restarts: int = 0
) -> WorkerProcess:
    """`freshet learn`, its log in a file."""
    return WorkerProcess(
        "trainer",
        ["learn", config, "--broker", broker, "--registry", registry, *options],
        log_file,
        restarts=restarts,
    )
