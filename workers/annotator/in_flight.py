# SPDX-License-Identifier: Apache-2.0
"""What is in flight: ranges of offsets, and the contiguous prefix of each partition that may be committed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition

from ..transports.base import OutgoingRecord, Position, Record, TopicPartition
from ..transports.done_ranges import MAX_RANGES, Ranges, merge


@dataclass(slots=True, eq=False)
class OffsetRange:
    """Consecutive records of one partition within one micro-batch, and what became of them.

    `outgoing[i]` is what is written for `records[i]`: its annotation, or its dead letter where `dead` has
    a reason for `i`. A `large` one is a single long text, which those behind it need not wait for: they are
    committed before it and are `written` then, with nothing left but their `span` of offsets.
    """

    topic_partition: TopicPartition
    epoch: int
    received: float
    records: list[Record] = field(default_factory=list)
    n_tokens: int = 0
    outgoing: list[OutgoingRecord] | None = None
    dead: dict[int, str] = field(default_factory=dict)
    dropped: bool = False
    large: bool = False
    sealed: bool = False
    written: bool = False
    span: tuple[int, int] = (0, 0)
    overtakes: bool = False
    at: Position | None = None

    @property
    def position(self) -> Position:
        """Where the partition is to be read on once this range is committed."""
        return self.at or Position(self.span[1], self.epoch)


class InFlight:
    """Keeps every partition's ranges in the order of their offsets and gives out only what has no gap before
    it.

    After a failed commit nothing may be committed, and no record taken in, before the consumer was rewound: a
    later commit would step over the records that were not written. `halt` and `restart` keep to that.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._queues: dict[TopicPartition, deque[OffsetRange]] = {}
        self._n_tokens = 0
        self._n_records = 0
        self._halted = False
        self._passed: set[TopicPartition] = set()
        """Partitions where something was written before what stands before it."""

    @property
    def n_tokens(self) -> int:
        """Tokens in flight, by estimate: taken in and neither committed nor dropped."""
        return self._n_tokens

    @property
    def n_records(self) -> int:
        """Records in flight."""
        return self._n_records

    @property
    def halted(self) -> bool:
        """Whether a commit failed and the consumer has not been rewound since."""
        return self._halted

    def open(self, offsets: OffsetRange) -> bool:
        """Take in a new range; False where nothing may be taken in now."""
        with self._changed:
            if self._halted:
                return False
            self._queues.setdefault(offsets.topic_partition, deque()).append(offsets)
            return True

    def extend(self, offsets: OffsetRange, records: Sequence[Record], n_tokens: int) -> None:
        """Add the next records of a range that nobody works on yet."""
        with self._changed:
            if offsets.dropped:
                return
            offsets.records.extend(records)
            offsets.span = offsets.records[0].offset, records[-1].offset + 1
            offsets.n_tokens += n_tokens
            self._n_tokens += n_tokens
            self._n_records += len(records)

    def finish(
        self, offsets: OffsetRange, outgoing: Sequence[OutgoingRecord], dead: Mapping[int, str]
    ) -> None:
        """Note the outputs of a range, one for each record. Raises: AssertionError where they are not."""
        if len(outgoing) != len(offsets.records):
            raise AssertionError(
                f"expected {len(offsets.records)} outputs, got {len(outgoing)}; this is a bug in Freshet"
            )
        with self._changed:
            if not offsets.dropped:
                offsets.outgoing, offsets.dead = list(outgoing), dict(dead)
                self._changed.notify_all()

    def wait_ready(self, timeout: float) -> bool:
        """Wait until there is something to commit; False where the time ran out."""
        with self._changed:
            return self._changed.wait_for(self._any_ready, timeout)

    def take_ready(self, *, overtake: bool = False) -> list[OffsetRange]:
        """The finished ranges without a gap before them; the caller commits them and then calls `release`, or
        `halt`s. With `overtake` also those that have nothing before them but a large one that is not
        finished, and those behind it: their position stays before it, and says that they are done."""
        ready: list[OffsetRange] = []
        with self._changed:
            for place, queue in self._queues.items():
                first = len(ready)
                while queue and queue[0].outgoing is not None:
                    ready.append(queue.popleft())
                if queue and (queue[0].large or place in self._passed):
                    _overtake(queue, ready, first, overtake=overtake and queue[0].large)
        return ready

    def release(self, ranges: Sequence[OffsetRange]) -> None:
        """Forget ranges that were committed, or that another member will do again; of those that overtook a
        large one their place is kept."""
        with self._changed:
            for offsets in ranges:
                if offsets.overtakes and not offsets.dropped:
                    self._keep_place(offsets)
                else:
                    self._forget([offsets])
            for place in {offsets.topic_partition for offsets in ranges} & self._passed:
                self._join_written(place)

    def retain(self, epochs: Mapping[TopicPartition, int]) -> int:
        """Drop the ranges of partitions that are no longer owned under the epoch in which they were read; how
        many records."""
        with self._changed:
            before = self._n_records
            for topic_partition in list(self._queues):
                self._drop_stale(topic_partition, epochs.get(topic_partition))
            return before - self._n_records

    def oldest_ms(self) -> dict[TopicPartition, int]:
        """When the first record in flight of each partition was written. Units: milliseconds since 1970."""
        with self._changed:
            return {
                place: queue[0].records[0].timestamp_ms
                for place, queue in self._queues.items()
                if queue and queue[0].records
            }

    def halt(self, ranges: Sequence[OffsetRange] = ()) -> None:
        """A commit of these ranges failed: drop them and all others and take nothing in until `restart`."""
        with self._changed:
            self._halted = True
            self._forget(ranges)
            self._drop_all()

    def restart(self) -> None:
        """The consumer was rewound: what is delivered from now on follows the committed positions. Drops what
        is left."""
        with self._changed:
            self._drop_all()
            self._halted = False

    def abandon(self, ranges: Sequence[OffsetRange]) -> None:
        """Drop ranges that nobody began. One with something behind it that was begun keeps its place, so that
        no position passes over it."""
        with self._changed:
            dropped = set(map(id, ranges))
            for queue in self._queues.values():
                while queue and id(queue[-1]) in dropped:
                    self._forget([queue.pop()])
            self._changed.notify_all()

    def places(self) -> set[TopicPartition]:
        """The partitions that have something in flight."""
        with self._changed:
            return {place for place, queue in self._queues.items() if queue}

    def _any_ready(self) -> bool:
        return any(
            queue and (queue[0].outgoing is not None or (queue[0].large and any(map(_is_new, queue))))
            for queue in self._queues.values()
        )

    def _keep_place(self, offsets: OffsetRange) -> None:
        self._n_tokens -= offsets.n_tokens
        self._n_records -= len(offsets.records)
        offsets.records, offsets.outgoing, offsets.dead, offsets.n_tokens = [], [], {}, 0
        offsets.written, offsets.overtakes, offsets.at = True, False, None
        self._passed.add(offsets.topic_partition)

    def _join_written(self, place: TopicPartition) -> None:
        """Neighbours that were written are one: a long text may let thousands pass."""
        joined: deque[OffsetRange] = deque()
        for offsets in self._queues.get(place, ()):
            if joined and joined[-1].written and offsets.written and joined[-1].epoch == offsets.epoch:
                joined[-1].span = joined[-1].span[0], offsets.span[1]
            else:
                joined.append(offsets)
        self._queues[place] = joined
        if not any(offsets.written for offsets in joined):
            self._passed.discard(place)

    def _drop_stale(self, topic_partition: TopicPartition, epoch: int | None) -> None:
        queue = self._queues[topic_partition]
        stale = [offsets for offsets in queue if offsets.epoch != epoch]
        if stale:
            self._forget(stale)
            self._queues[topic_partition] = deque(offsets for offsets in queue if offsets.epoch == epoch)
        if not self._queues[topic_partition]:
            del self._queues[topic_partition]

    def _drop_all(self) -> None:
        for queue in self._queues.values():
            self._forget(queue)
        self._queues.clear()
        self._passed.clear()

    def _forget(self, ranges: Sequence[OffsetRange] | deque[OffsetRange]) -> None:
        for offsets in ranges:
            if offsets.dropped:
                continue
            offsets.dropped = True
            self._n_tokens -= offsets.n_tokens
            self._n_records -= len(offsets.records)


def _overtake(queue: deque[OffsetRange], ready: list[OffsetRange], first: int, *, overtake: bool) -> None:
    """Let the position of what is ready from `first` on say what is done behind it; with `overtake` what is
    finished in the queue is ready too, at a position before the queue."""
    new = [offsets for offsets in queue if _is_new(offsets)] if overtake else []
    kept = {id(offsets) for offsets in queue if offsets.written}
    if len(done := _done(queue, kept | set(map(id, new)))) > MAX_RANGES:
        new, done = [], _done(queue, kept)
    if not new and len(ready) == first:
        return
    offset = ready[-1].span[1] if len(ready) > first else queue[0].span[0]
    for offsets in new:
        offsets.overtakes = True
    ready += new
    for offsets in ready[first:]:
        offsets.at = Position(offset, offsets.epoch, done)


def _is_new(offsets: OffsetRange) -> bool:
    return offsets.outgoing is not None and not offsets.written


def _done(queue: Iterable[OffsetRange], chosen: set[int]) -> Ranges:
    """Spans of the chosen ranges of a queue; neighbours as one, although the log may have offsets between
    them that no record has."""
    spans: list[tuple[int, int]] = []
    follows = False
    for offsets in queue:
        is_done = id(offsets) in chosen
        if is_done and follows:
            spans[-1] = spans[-1][0], offsets.span[1]
        elif is_done:
            spans.append(offsets.span)
        follows = is_done
    return merge(spans)
