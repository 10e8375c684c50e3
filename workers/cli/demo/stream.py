# SPDX-License-Identifier: Apache-2.0
"""Texts into a log, at a pace or as fast as they go, and what becomes of each of them."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import orjson

from schemas import CORRECTIONS, Source

from ...errors import WorkerError
from ...settings import WorkerSettings
from ...transports import OutgoingRecord, Transport
from .outcomes import Outcome, OutcomeReader, Tally

POLL = 0.02
STALL = 120.0
"""Seconds without any outcome after which something is wrong; a first run compiles for some of them."""
BATCH_RECORDS = 1000


class DemoStream:
    """Sends texts and follows each to its annotation or dead letter."""

    def __init__(self, transport: Transport, settings: WorkerSettings, check: Callable[[], None]) -> None:
        """`check` is called again and again while waiting and raises where waiting has become pointless."""
        self._topic = settings.input_topic
        self._check = check
        self._producer = transport.producer()
        self._reader = OutcomeReader(
            transport, (settings.output_topic, settings.dead_letters_to), f"freshet-demo-{os.getpid()}"
        )
        with closing(transport.admin()) as admin:
            self._first = next(
                ([end for _, end in t.bounds] for t in admin.topics() if t.name == self._topic), []
            )
        self._sent_at: dict[str, float] = {}
        self._last_news = time.monotonic()
        self.sent = 0
        self.reread: Counter[str] = Counter()
        """Corrected texts that were annotated again, by the version that did it."""
        self.tally = Tally()
        self.latencies: list[float] = []

    @property
    def waiting(self) -> int:
        """How many texts have no outcome yet."""
        return self.sent - len(self.tally.seen)

    def send_paced(self, values: Sequence[bytes], per_second: float) -> Iterator[Outcome]:
        """Send one text, wait for its outcome, then send the others at that pace; each outcome as it
        comes."""
        left, due = deque(values), time.monotonic()
        while left or self.waiting:
            now = time.monotonic()
            if left and now >= due and (self.tally.seen or not self.sent):
                self._send([left.popleft()])
                due = now + 1 / per_second
            for outcome in self._take():
                self._note_latency(outcome)
                yield outcome

    def send_burst(self, values: Sequence[bytes]) -> Iterator[int]:
        """Send all texts at once; the number of outcomes each time some have come."""
        self._sent_at.clear()
        for at in range(0, len(values), BATCH_RECORDS):
            self._send(values[at : at + BATCH_RECORDS])
        while self.waiting:
            yield sum(1 for _ in self._take())

    def idle(self) -> None:
        """Look once what comes while nothing is sent."""
        for _ in self._take():
            pass

    def close(self) -> None:
        """Stop sending and reading."""
        self._producer.close()
        self._reader.close()

    def _send(self, values: Sequence[bytes]) -> None:
        for value in values:
            self._sent_at[_message_id(value)] = time.monotonic()
        self._last_news = time.monotonic()
        self._producer.send([OutgoingRecord(self._topic, value) for value in values])
        self.sent += len(values)

    def _take(self) -> Iterator[Outcome]:
        for outcome in self._reader.poll(POLL):
            if self._is_ours(outcome.source):
                self._last_news = time.monotonic()
                self.tally.add(outcome)
                yield outcome
            elif outcome.source.topic == CORRECTIONS and outcome.row is not None:
                self.reread[outcome.row["model"]["version"]] += 1
        self._check()
        if self.waiting and time.monotonic() - self._last_news > STALL:
            raise WorkerError(
                f"expected an annotation or a dead letter for {self.waiting} texts, got none for {STALL:g} "
                "s; see annotator.log"
            )

    def _is_ours(self, source: Source) -> bool:
        known = source.partition < len(self._first)
        return source.topic == self._topic and (not known or source.offset >= self._first[source.partition])

    def _note_latency(self, outcome: Outcome) -> None:
        sent = self._sent_at.pop(outcome.row["id"], None) if outcome.row else None
        if sent is not None and self.sent > 1:  # the first one waited for the annotator to start
            self.latencies.append(time.monotonic() - sent)


def _message_id(value: bytes) -> str:
    try:
        return str(orjson.loads(value)["id"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
