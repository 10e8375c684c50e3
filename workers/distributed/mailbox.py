# SPDX-License-Identifier: Apache-2.0
"""Messages from worker to worker: a call of one actor to another. Arrays go through Ray's object store, which
workers of one machine share."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import Any

from engine.training.distributed.post import Message

_box: SimpleQueue[Message] = SimpleQueue()
"""What came for the worker of this process; a worker that begins again does so in a new process."""


def deliver(actor: Any, message: Message) -> None:
    """Run by Ray in the process of the one whom a message is for."""
    _box.put(message)


class RayPost:
    """One worker's place in a group of Ray actors. Calls of one actor to another arrive in their order."""

    def __init__(self, rank: int, handles: list[Any]) -> None:
        self.rank, self.size = rank, len(handles)
        # Every Ray actor takes a function to run; nobody waits for what it gives.
        self._calls = [handle.__ray_call__.options(num_returns=0) for handle in handles]

    def send(self, to: int, message: Message) -> None:
        """Call the other one; a call to a dead one goes nowhere, and its group begins again."""
        self._calls[to].remote(deliver, message)

    def receive(self, *, wait: bool) -> Message | None:
        """The next message."""
        try:
            return _box.get(block=wait)
        except Empty:
            return None
