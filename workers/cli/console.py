# SPDX-License-Identifier: Apache-2.0
"""What commands print to: stdout for what was asked for, stderr for everything else."""

from __future__ import annotations

import json
import logging
import sys
from enum import StrEnum

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..logs import log_to
from ..terminal import VisibleConsole, write_line

out = VisibleConsole()
"""For what was asked for; goes into pipes."""

err = VisibleConsole(stderr=True)
"""For progress and remarks; never in a pipe's way."""


class LogLevel(StrEnum):
    """How much is told."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def log_to_stderr(level: LogLevel = LogLevel.info) -> None:
    """Let this process tell on stderr what it does."""
    log_to(sys.stderr, logging.getLevelNamesMapping()[level.upper()])


def progress(unit: str, *, with_lines: bool = False) -> Progress:
    """A progress bar on stderr, seen only where stderr is a terminal, and no lines of the result go to one.

    `with_lines`: such lines are written to stdout meanwhile.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit, markup=False),
        TimeElapsedColumn(),
    )
    is_seen = err.is_terminal and not (with_lines and out.is_terminal)
    return Progress(*columns, console=err, transient=True, disable=not is_seen)


def print_json(value: object) -> None:
    """One line of JSON on stdout."""
    write_line(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
