# SPDX-License-Identifier: Apache-2.0
"""What happens, to each browser that listens: one bounded queue a browser, and a `gap` where it was too
slow."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import orjson

QUEUE = 256
KEPT = 512
"""Events that a browser which comes back within them does not miss."""
HEARTBEAT = 15.0
CLOSED = object()


@dataclass(eq=False)
class Listener:
    """A browser. `left`: it lost events and is to be told."""

    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[Any] = field(default_factory=lambda: asyncio.Queue(QUEUE + 1))
    left: bool = False

    def put(self, event: object) -> None:
        """In its loop alone: the oldest goes where it is full."""
        if self.queue.qsize() >= QUEUE:
            self.queue.get_nowait()
            self.left = True
        self.queue.put_nowait(event)


class Hub:
    """Takes events from any thread and gives each listener those that come after it.

    An event's id names this process and the event's number, so that who comes back to the same process goes
    on where it was, and who comes to another one hears of a gap.
    """

    def __init__(self) -> None:
        self._boot = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._listeners: set[Listener] = set()
        self._lock = Lock()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many there are."""
        return len(self._listeners)

    def send(self, kind: str, data: object) -> None:
        """Tell all of it."""
        with self._lock:
            self._number += 1
            event = _frame(kind, data, f"{self._boot}-{self._number}")
            self._kept.append((self._number, event))
            for listener in self._listeners:
                listener.loop.call_soon_threadsafe(listener.put, event)

    def close(self) -> None:
        """End all streams."""
        with self._lock:
            self._closed = True
            for listener in self._listeners:
                listener.loop.call_soon_threadsafe(listener.put, CLOSED)

    async def listen(self, last_id: str = "", heartbeat: float = HEARTBEAT) -> AsyncIterator[bytes]:
        """What a browser is sent, until the hub is closed."""
        listener = Listener(asyncio.get_running_loop())
        with self._lock:
            missed = self._missed(last_id)
            self._listeners.add(listener)
            if self._closed:
                listener.put(CLOSED)
        try:
            yield b"retry: 1000\n\n"
            for event in missed:
                yield event
            while True:
                try:
                    event = await asyncio.wait_for(listener.queue.get(), heartbeat)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if event is CLOSED:
                    return
                if listener.left:
                    listener.left = False
                    yield _frame("gap", {}, "")
                yield event
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def _missed(self, last_id: str) -> list[bytes]:
        boot, _, number = last_id.partition("-")
        if not last_id:
            return []
        kept = list(self._kept)
        if boot != self._boot or not number.isdecimal() or (kept and int(number) < kept[0][0] - 1):
            return [_frame("gap", {}, f"{self._boot}-{self._number}")]
        return [event for at, event in kept if at > int(number)]


def _frame(kind: str, data: object, event_id: str) -> bytes:
    named = f"id: {event_id}\n".encode() if event_id else b""
    return b"event: " + kind.encode() + b"\n" + named + b"data: " + orjson.dumps(data) + b"\n\n"
