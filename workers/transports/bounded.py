# SPDX-License-Identifier: Apache-2.0
"""Gives a deadline to calls that have none: they run on a thread of their own, which is left behind where they hang."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread

from .base import TransportError


class Bounded:
    """Runs calls one after the other on a daemon thread; after a call that missed its deadline it is used up."""

    def __init__(self, name: str) -> None:
        """`name` is that of the thread."""
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        Thread(target=self._work, name=name, daemon=True).start()

    def run(self, function: Callable[[], None], timeout: float, what: str) -> None:
        """Run it, wait, and raise what it raises. Raises: TransportError naming `what` where it takes longer than `timeout` seconds."""
        call = _Call(function)
        self._calls.put(call)
        if not call.done.wait(timeout):
            raise TransportError(f"{what} took more than {timeout:g} s; check that the brokers answer (`freshet doctor`), then rewind")
        if call.error is not None:
            raise call.error

    def close(self) -> None:
        """End the thread after the call that it is at."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call.make()


class _Call:
    def __init__(self, function: Callable[[], None]) -> None:
        self.function = function
        self.done = Event()
        self.error: BaseException | None = None

    def make(self) -> None:
        try:
            self.function()
        except BaseException as error:  # handed to the thread that waits
            self.error = error
        self.done.set()
