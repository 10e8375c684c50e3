# SPDX-License-Identifier: Apache-2.0
"""One topic, followed by a thread of its own: read whole, or jumped through from end to end."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing

from ..transports import MissingTopicError, PartitionReader, Record, Transport, TransportError

log = logging.getLogger(__name__)

READER = "freshet-console"
"""The name that a reader needs; nothing is ever stored under it."""
AWAY_PAUSE = 1.0
BATCH = 500
RATE_SECONDS = 5.0

Take = Callable[[Sequence[Record]], None]


class Tail:
    """Gives a topic's records to `take`, in its own thread, until `stop`.

    `whole`: all of them, from the first; else what came last, at most `at_once` of a partition a look,
    however many there are. A log that is away is asked again; `away` then says why. Consumer groups and their
    lags are not touched.
    """

    def __init__(
        self,
        open_log: Callable[[], Transport],
        topic: str,
        take: Take,
        stop: threading.Event,
        *,
        whole: bool,
        at_once: int,
        interval: float,
    ) -> None:
        self.topic, self.whole = topic, whole
        self.away = ""
        self.ends: list[int] = []
        self.read_first = threading.Event()
        """Set when all that was there at the start has been taken."""
        self._open, self._take, self._stop = open_log, take, stop
        self._at_once, self._interval = at_once, interval
        self._next: dict[int, int] = {}
        self._seen: deque[tuple[float, int, int]] = deque()
        self._taken = 0
        self._thread = threading.Thread(target=self._run, name=f"freshet-tail-{topic}", daemon=True)

    def start(self) -> None:
        """Follow from now on."""
        self._thread.start()

    def join(self, timeout: float) -> None:
        """Wait for its end."""
        if self._thread.is_alive():
            self._thread.join(timeout)

    def rate(self) -> tuple[float, float]:
        """Records a second that came, and that were read, over the last seconds."""
        seen = list(self._seen)
        if len(seen) < 2 or seen[-1][0] <= seen[0][0]:
            return 0.0, 0.0
        (began, end_before, taken_before), (now, end, taken) = seen[0], seen[-1]
        return (end - end_before) / (now - began), (taken - taken_before) / (now - began)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with (
                    closing(self._open()) as transport,
                    closing(transport.partitions(self.topic, READER)) as reader,
                ):
                    self._follow(reader)
            except MissingTopicError:
                self.away, self.ends = "", []
                self.read_first.set()
            except TransportError as error:
                if not self.away:
                    log.warning("%s cannot be read: %s", self.topic, error)
                self.away = str(error)
            self._stop.wait(AWAY_PAUSE)

    def _follow(self, reader: PartitionReader) -> None:
        while not self._stop.is_set():
            bounds = reader.bounds()
            for partition, (first, end) in enumerate(bounds):
                self._look(reader, partition, first, end)
            self.away = ""
            self.ends = [end for _, end in bounds]
            self._note(sum(self.ends))
            self.read_first.set()
            self._stop.wait(self._interval)

    def _look(self, reader: PartitionReader, partition: int, first: int, end: int) -> None:
        at = self._next.get(partition, first if self.whole else max(first, end - self._at_once))
        at = min(max(at, first), end) if self.whole else max(first, at, end - self._at_once)
        if at > end:  # the topic was made anew
            at = first
        while at < end and not self._stop.is_set():
            records, after = reader.fetch(partition, at, BATCH if self.whole else self._at_once)
            if records:
                self._taken += len(records)
                self._take(records)
            if after == at or (not records and not self.whole):
                break
            at = after
        self._next[partition] = at

    def _note(self, end: int) -> None:
        now = time.monotonic()
        self._seen.append((now, end, self._taken))
        while len(self._seen) > 2 and self._seen[0][0] < now - RATE_SECONDS:
            self._seen.popleft()
