# SPDX-License-Identifier: Apache-2.0
"""Signals: the first asks the worker to finish, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StoppedEarly(BaseException):
    """A signal came before there was anything to finish; no `Exception`, so that no library holds it up."""


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[threading.Event]:
    """Set `stop` at SIGTERM or SIGINT; the event given is to be set when work begins, before that a signal
    raises StoppedEarly.

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
        if not at_work.is_set():
            raise StoppedEarly

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield at_work
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_on_signals() -> None:
    """Let a signal end the process well, at once: for the time in which modules and models are loaded and
    nothing has begun."""
    for number in SIGNALS:
        signal.signal(number, lambda number, frame: os._exit(0))
