# SPDX-License-Identifier: Apache-2.0
"""Micro-batches by a token budget, work-conserving, and back-pressure bounded in tokens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from threading import Condition, Lock

from ..settings import BatchingSettings
from ..transports.base import Record, TopicPartition
from .in_flight import InFlight, OffsetRange

BYTES_PER_TOKEN = 5
"""English runs at about five bytes a token, its blank included; only a measure for queues, so it may be
coarse."""

LARGE = 4
"""Budgets. A batch of that many takes about a second of a core; what takes longer is done beside the
others."""
LARGE_AT_ONCE = 4
"""So many large records may be in memory before reading pauses."""


def estimate_tokens(record: Record) -> int:
    """How many tokens a record may have, known before it is decoded: one at least."""
    return 1 + (len(record.value) // BYTES_PER_TOKEN if record.value else 0)


@dataclass(slots=True, eq=False)
class MicroBatch:
    """Runs of several partitions that are annotated in one go; or one large text."""

    ranges: list[OffsetRange] = field(default_factory=list)
    n_tokens: int = 0
    n_records: int = 0

    def live_ranges(self) -> list[OffsetRange]:
        """The ranges that are still wanted."""
        return [offsets for offsets in self.ranges if not offsets.dropped]


class Batcher:
    """A queue of micro-batches between one thread that offers records and many that take batches.

    A batch waits for nothing: whoever is free takes the first one, full or not, so batches grow only while
    all threads are busy. A record above the budget makes a batch of its own. With `large_apart` one above
    `LARGE` budgets is kept apart, so that the others need not wait for it: who takes `only_large` is there
    for those, and the others take one only while somebody else is free.
    """

    def __init__(self, settings: BatchingSettings, in_flight: InFlight, *, large_apart: bool = False) -> None:
        self._settings = settings
        self._large_apart = large_apart
        self._in_flight = in_flight
        lock = Lock()
        self._ready, self._large_ready = Condition(lock), Condition(lock)
        self._batches: deque[MicroBatch] = deque()
        self._large: deque[MicroBatch] = deque()
        self._n_waiting = 0
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether no more batches come."""
        return self._closed

    def offer(self, records: Iterable[Record], epochs: Mapping[TopicPartition, int], now: float) -> int:
        """Queue records, each partition's in the order of their offsets; how many were taken in.

        Records of partitions that are not owned (no epoch) are left out: their owner reads them.
        """
        n_taken = 0
        for topic_partition, group in groupby(records, key=_place):
            epoch = epochs.get(TopicPartition(*topic_partition))
            if epoch is None:
                continue
            for piece in self._pieces(list(group)):
                n_taken += self._put(TopicPartition(*topic_partition), epoch, piece, now)
        return n_taken

    def take(self, timeout: float, *, only_large: bool = False) -> MicroBatch | None:
        """The next batch that still has live ranges; None where none came in time or the queue is closed."""
        ready = self._large_ready if only_large else self._ready
        with ready:
            self._n_waiting += not only_large
            try:
                while ready.wait_for(lambda: self._closed or bool(self._queue(only_large)), timeout):
                    if self._closed:
                        return None
                    batch = self._queue(only_large).popleft()
                    if batch.live_ranges():
                        return batch
            finally:
                self._n_waiting -= not only_large
        return None

    def close(self) -> None:
        """Drop what nobody began and let all takers go."""
        with self._ready:
            self._closed = True
            batches = [*self._batches, *self._large]
            self._in_flight.abandon([offsets for batch in batches for offsets in batch.ranges])
            self._batches.clear()
            self._large.clear()
            self._ready.notify_all()
            self._large_ready.notify_all()

    def _queue(self, only_large: bool) -> deque[MicroBatch]:
        """Where a taker finds its next batch."""
        if only_large:
            return self._large
        return self._batches if self._batches or self._n_waiting < 2 else self._large

    def _pieces(self, records: Sequence[Record]) -> Iterator[tuple[list[Record], int]]:
        """Cut records into pieces of at most half a budget, so that they fill batches well."""
        limit = max(1, self._settings.max_batch_tokens // 2)
        piece: list[Record] = []
        total = 0
        for record in records:
            n_tokens = estimate_tokens(record)
            if piece and (total + n_tokens > limit or len(piece) >= self._settings.max_batch_records):
                yield piece, total
                piece, total = [], 0
            piece.append(record)
            total += n_tokens
        if piece:
            yield piece, total

    def _put(
        self, topic_partition: TopicPartition, epoch: int, piece: tuple[list[Record], int], now: float
    ) -> int:
        records, n_tokens = piece
        with self._ready:
            if self._closed:
                return 0
            if self._large_apart and n_tokens > LARGE * self._settings.max_batch_tokens:
                return self._put_large(topic_partition, epoch, records, now)
            batch = self._open_batch(n_tokens, len(records))
            offsets = next(
                (offsets for offsets in batch.ranges if _continues(offsets, topic_partition, epoch)), None
            )
            if offsets is None:
                offsets = OffsetRange(topic_partition, epoch, now)
                if not self._in_flight.open(offsets):
                    return 0
                batch.ranges.append(offsets)
            self._in_flight.extend(offsets, records, n_tokens)
            batch.n_tokens += n_tokens
            batch.n_records += len(records)
            self._ready.notify()
        return len(records)

    def _put_large(
        self, topic_partition: TopicPartition, epoch: int, records: Sequence[Record], now: float
    ) -> int:
        """Queue a record of its own, which counts for a part of what may be in memory: reading goes on."""
        offsets = OffsetRange(topic_partition, epoch, now, large=True)
        if not self._in_flight.open(offsets):
            return 0
        for batch in list(self._batches)[-1:]:  # what comes behind it begins a new range
            for before in batch.ranges:
                before.sealed |= before.topic_partition == topic_partition
        n_tokens = self._settings.max_inflight_tokens // LARGE_AT_ONCE
        self._in_flight.extend(offsets, records, n_tokens)
        self._large.append(MicroBatch([offsets], n_tokens, len(records)))
        self._large_ready.notify()
        self._ready.notify()
        return len(records)

    def _open_batch(self, n_tokens: int, n_records: int) -> MicroBatch:
        """The last batch if the piece fits, else a new one."""
        last = self._batches[-1] if self._batches else None
        fits = (
            last is not None
            and last.n_tokens + n_tokens <= self._settings.max_batch_tokens
            and last.n_records + n_records <= self._settings.max_batch_records
        )
        if last is None or not fits:
            last = MicroBatch()
            self._batches.append(last)
        return last


class BackPressure:
    """Says when to pause and when to go on: at the limit, and again at half of it."""

    def __init__(self, max_tokens: int) -> None:
        self._high = max_tokens
        self._low = max_tokens // 2
        self.paused = False

    def update(self, n_tokens: int) -> bool:
        """Note how many tokens are in flight; whether reading is paused from now on."""
        if n_tokens >= self._high:
            self.paused = True
        elif n_tokens <= self._low:
            self.paused = False
        return self.paused


class PollSize:
    """How many records to ask for at once, so that one answer does not overrun the limit by much.

    It goes by the largest mean size of an answer, which fades by a tenth with each smaller answer.
    """

    def __init__(self, settings: BatchingSettings, first: int = 64) -> None:
        self._settings = settings
        self._mean_tokens = settings.max_inflight_tokens / first

    def next(self, n_tokens_in_flight: int) -> int:
        """Records to ask for now; one at least."""
        room = self._settings.max_inflight_tokens - n_tokens_in_flight
        return max(1, min(self._settings.max_poll_records, int(room / self._mean_tokens)))

    def note(self, n_records: int, n_tokens: int) -> None:
        """Learn from an answer."""
        if n_records:
            self._mean_tokens = max(1.0, n_tokens / n_records, 0.9 * self._mean_tokens)


def _place(record: Record) -> tuple[str, int]:
    return record.topic, record.partition


def _continues(offsets: OffsetRange, topic_partition: TopicPartition, epoch: int) -> bool:
    return (
        offsets.topic_partition == topic_partition
        and offsets.epoch == epoch
        and not (offsets.dropped or offsets.sealed)
    )
