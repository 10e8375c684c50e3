# SPDX-License-Identifier: Apache-2.0
"""The way into the log: one producer, used by one thread at a time, made anew after the log was away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock

from ..transports import OutgoingRecord, Producer, Transport, TransportError


class Publisher:
    """Writes records durably. Any thread may ask; they take turns."""

    def __init__(self, open_log: Callable[[], Transport]) -> None:
        self._open = open_log
        self._transport: Transport | None = None
        self._producer: Producer | None = None
        self._lock = Lock()

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Write the records, all in one transaction where the log has such, before returning. Raises:
        TransportError."""
        with self._lock:
            try:
                if self._producer is None:
                    self._transport = self._open()
                    self._producer = self._transport.producer()
                self._producer.send(records)
            except TransportError:
                self._close()
                raise

    def close(self) -> None:
        """What was begun is done first."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        for part in (self._producer, self._transport):
            if part is not None:
                with suppress(TransportError):
                    part.close()
        self._producer = self._transport = None
