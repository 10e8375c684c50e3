# SPDX-License-Identifier: Apache-2.0
"""An annotator as a process of its own, started and ended by the command that wants it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType

from ..errors import WorkerError

GRACE = 25.0
"""Seconds to finish what was begun: the annotator's own deadline and some."""


class AnnotatorProcess:
    """`freshet annotate`, its log in a file. Ends with the block that it is used in."""

    def __init__(self, model: Path, broker: str, log_file: Path) -> None:
        self.log_file = log_file
        command = [sys.executable, "-m", "workers.cli", "annotate", str(model), "--broker", broker]
        with log_file.open("ab") as log:
            # A process group of its own: Ctrl-C reaches this process alone, which then ends the annotator in order.
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0)

    def check(self) -> None:
        """Raises: WorkerError with the end of its log where the annotator has stopped."""
        code = self._process.poll()
        if code is not None:
            tail = "\n".join(self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
            raise WorkerError(f"expected the annotator to run, it ended with exit code {code}; the end of {self.log_file}:\n{tail}")

    def stop(self) -> int:
        """Let it drain and end; its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def __enter__(self) -> AnnotatorProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
