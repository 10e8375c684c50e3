# SPDX-License-Identifier: Apache-2.0
"""One log line about what a process compiled itself: why, how long, where it is kept.

Functions are compiled when they are first called, a hundred of them at a first text. The line is written once
nothing was compiled for a moment, at the latest when the process ends.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from functools import cache

from numba.core.event import Event, Listener, register

from .shipped import shipped_code

log = logging.getLogger(__name__)

QUIET = 2.0
"""Seconds without a compilation after which the line is written."""

NOTICED = 5.0
"""Seconds that somebody has waited for: the line is then one that commands without a log show, too."""


class CompileReport(Listener):
    """Adds up what is compiled, told by Numba under its lock of compilations: one thread at a time."""

    def __init__(self, quiet: float = QUIET) -> None:
        """Take the seconds to wait before the line."""
        self._quiet = quiet
        self._lock = threading.Lock()  # between the thread that compiles and the timer's
        self._timer: threading.Timer | None = None
        self._depth = 0
        self._begun = 0.0
        self._clear()

    def on_start(self, event: Event) -> None:
        """A function is about to be compiled; those that it calls come before its end."""
        self._depth += 1
        if self._depth == 1:
            self._begun = time.monotonic()

    def on_end(self, event: Event) -> None:
        """It was compiled, or could not be."""
        self._depth -= 1
        if self._depth == 0:
            with self._lock:
                self._seconds += time.monotonic() - self._begun

    def add(self, folder: str | None) -> None:
        """One of our functions was compiled, and kept in a folder, or nowhere."""
        with self._lock:
            self._functions += 1
            if folder:
                self._kept.add(folder)
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._quiet, self.write)
            self._timer.daemon = True
            self._timer.start()

    def write(self) -> None:
        """Write the line now, where there is something to say."""
        with self._lock:
            if self._depth and self._timer is not None:  # a long one is under way: its end sets another
                return
            functions, seconds, kept = self._functions, self._seconds, self._kept
            self._clear()
        if functions:
            shipped = shipped_code()
            expected = kept and not shipped.any_came and seconds < NOTICED
            where = f"kept in {os.path.commonpath(kept)}" if kept else _NOWHERE
            why = shipped.reason or "the shipped machine code lacks them"
            level = logging.INFO if expected else logging.WARNING
            log.log(level, "compiled %d functions in %.1f s (%s); %s", functions, seconds, why, where)

    def _clear(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._functions, self._seconds, self._kept = None, 0, 0.0, set[str]()


_NOWHERE = "kept nowhere, so that the next start compiles again: set NUMBA_CACHE_DIR to a folder for it"


@cache
def report() -> CompileReport:
    """That of this process."""
    made = CompileReport()
    register("numba:compile", made)
    atexit.register(made.write)
    return made
