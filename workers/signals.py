# SPDX-License-Identifier: Apache-2.0
"""Signals: the first asks the worker to finish, the second ends the process at once. With a limit the first
ends it too, whatever its threads do."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


END_MARGIN = 2.0
"""Seconds. What a worker that drained may take beyond its limit, for leaving its group and closing."""
STDERR = 2
"""The process's own, whatever stands for it in Python."""


class StoppedEarly(BaseException):
    """A signal came before there was anything to finish; no `Exception`, so that no library holds it up."""


@contextmanager
def stop_on_signals(stop: threading.Event, end_after: float | None = None) -> Iterator[threading.Event]:
    """Set `stop` at SIGTERM or SIGINT; the event given is to be set when work begins, before that a signal
    raises StoppedEarly.

    `end_after` seconds after a signal a process that is still there ends with 1, after it has said on stderr
    what each thread was at: nothing that a thread does, of Python's or of a library's, can keep it.
    Outside the main thread, where Python takes no signals, nothing is done.
    """
    at_work = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield at_work
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()
        if end_after is not None:
            end_after_all(end_after)
        if not at_work.is_set():
            raise StoppedEarly

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield at_work
    finally:
        if end_after is not None and stop.is_set():
            faulthandler.cancel_dump_traceback_later()
        for number, handler in before.items():
            signal.signal(number, handler)


def end_after_all(seconds: float) -> None:
    """End the process after so many seconds, unless it ended by itself; what its threads were at is said."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=STDERR)


def leave_on_signals() -> None:
    """Let a signal end the process well, at once: for the time in which modules and models are loaded and
    nothing has begun."""
    for number in SIGNALS:
        signal.signal(number, lambda number, frame: os._exit(0))
