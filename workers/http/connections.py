# SPDX-License-Identifier: Apache-2.0
"""Connections that cost a server little, however many come and however slowly they ask.

uvicorn waits for a request for ever. Each connection takes one of the process's file handles, of which a
worker needs some for its broker: a client that opens many and says nothing would stop it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 10.0
"""Seconds that a client has for a request; it is looked at so often, so that it may have twice as many."""
MAX_CONNECTIONS = 256
"""Beyond these the one that has said nothing for longest makes room."""
ASKING = (h11.IDLE, h11.SEND_BODY)


class BoundedConnection(H11Protocol):
    """A connection whose client asks in time, or loses it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take it, or let another one go for it."""
        super().connection_made(transport)
        self._since = time.monotonic()
        self._seen: Any = None
        self._look_again = self.loop.call_later(PATIENCE, self._look)
        held: list[Any] = [each for each in self.connections if not each.transport.is_closing()]
        if len(held) > MAX_CONNECTIONS:
            _longest_silent(held, self).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is looked at any more."""
        self._look_again.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Its client was answered, and is silent from now on."""
        self._since = time.monotonic()
        super().on_response_complete()

    @property
    def is_asking(self) -> bool:
        """Whether its client has not said all of a request: answers may take as long as they like."""
        return self.conn.their_state in ASKING

    def _look(self) -> None:
        if self.is_asking and self._seen == (self.cycle, self.conn.their_state):
            self.transport.abort()
            return
        self._seen = (self.cycle, self.conn.their_state) if self.is_asking else None
        self._look_again = self.loop.call_later(PATIENCE, self._look)


def _longest_silent(held: Iterable[BoundedConnection], new: BoundedConnection) -> BoundedConnection:
    """Of those that are not being answered; the new one where all others are."""
    silent = (each for each in held if each.is_asking and each is not new)
    return min(silent, key=lambda each: each._since, default=new)
