# SPDX-License-Identifier: Apache-2.0
"""A log in memory, for tests: same behaviour as the others, nothing survives the process."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition

from ..settings import Start
from .base import (
    MAX_RECORD_BYTES,
    ConsumerOptions,
    OutgoingRecord,
    PartitionLag,
    Position,
    Record,
    TopicInfo,
    TopicPartition,
)
from .coordination import Group
from .partition_reader import LocalPartitionReader
from .partitioner import Partitioner
from .refusals import check_sizes, missing_partition, missing_topic, slot_taken
from .topic_reader import read_committed


@dataclass
class _Store:
    """The log: records by partition, groups and their offsets; `changed` guards all of it."""

    changed: Condition = field(default_factory=Condition)
    topics: dict[str, list[list[Record]]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    offsets: dict[str, dict[TopicPartition, int]] = field(default_factory=dict)
    partitioner: Partitioner = field(default_factory=Partitioner)


_NAMED: dict[str, _Store] = {}


class MemoryTransport:
    """A log that lives in this process; transports of one `name` share it, one without a name has its own."""

    def __init__(
        self,
        name: str = "",
        *,
        auto_create: int = 0,
        max_record_bytes: int = MAX_RECORD_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Unknown topics are made with `auto_create` partitions when written to; 0 refuses them."""
        self.store = _NAMED.setdefault(name, _Store()) if name else _Store()
        self.auto_create = auto_create
        self.max_record_bytes = max_record_bytes
        self.clock = clock

    def consumer(self, options: ConsumerOptions) -> MemoryConsumer:
        """Join a group."""
        return MemoryConsumer(self, options)

    def producer(self) -> MemoryProducer:
        """A plain producer."""
        return MemoryProducer(self)

    def atomic_producer(self, name: str) -> MemoryProducer:
        """A plain producer: each of its writes is one transaction here."""
        return self.producer()

    def read(
        self,
        topic: str,
        start: str | int = "earliest",
        *,
        follow: bool = False,
        limit: int | None = None,
        group: str | None = None,
    ) -> Iterator[Record]:
        """Records of a topic; see `Transport.read`."""
        return read_committed(self, self._fetch, topic, start, follow=follow, limit=limit, group=group)

    def partitions(self, topic: str, group: str) -> LocalPartitionReader:
        """A reader that keeps its own positions; see `Transport.partitions`."""
        offsets = self.store.offsets.setdefault(group, {})
        return LocalPartitionReader(topic, lambda: self._bounds(topic), self._fetch, offsets.update)

    def admin(self) -> MemoryAdmin:
        """Topics and lags."""
        return MemoryAdmin(self.store)

    def close(self) -> None:
        """Nothing is held."""

    def append(self, records: Sequence[OutgoingRecord]) -> None:
        """Write records; the caller holds the lock. Raises: TransportError before anything is written."""
        check_sizes(records, self.max_record_bytes)
        places = [self._place(record) for record in records]
        now_ms = int(self.clock() * 1000)
        for record, place in zip(records, places, strict=True):
            log = self.store.topics[place.topic][place.partition]
            when = now_ms if record.timestamp_ms is None else record.timestamp_ms
            log.append(Record(*place, len(log), when, record.key, record.value, record.headers))

    def _place(self, record: OutgoingRecord) -> TopicPartition:
        topics = self.store.topics
        if record.topic not in topics:
            if not self.auto_create:
                raise missing_topic(record.topic, topics)
            topics[record.topic] = [[] for _ in range(self.auto_create)]
        n = len(topics[record.topic])
        partition = self.store.partitioner.choose(record.key, record.partition, n)
        if not 0 <= partition < n:
            raise missing_partition(record.topic, partition, n)
        return TopicPartition(record.topic, partition)

    def _bounds(self, topic: str) -> list[tuple[int, int]]:
        return [(0, len(log)) for log in self.store.topics.get(topic, ())]

    def _fetch(self, place: TopicPartition, offset: int) -> list[Record]:
        with self.store.changed:
            return self.store.topics[place.topic][place.partition][offset : offset + 1000]


class MemoryConsumer:
    """A member of a group on a log in memory."""

    def __init__(self, transport: MemoryTransport, options: ConsumerOptions) -> None:
        self._transport = transport
        self._store = transport.store
        self._options = options
        self._name = uuid.uuid4().hex
        self._epochs: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        with self._store.changed:
            self._group = self._store.groups.setdefault(options.group, Group())
            self._offsets = self._store.offsets.setdefault(options.group, {})
            self._join()

    def poll(self, timeout: float, max_records: int) -> list[Record]:
        """Records of the assigned partitions; see `Consumer.poll`."""
        deadline = time.monotonic() + timeout
        with self._store.changed:
            while True:
                self._keep_membership()
                records = self._take(max_records)
                left = deadline - time.monotonic()
                if records or left <= 0:
                    return records
                self._store.changed.wait(min(left, self._options.session_timeout / 5))

    @property
    def keeps_done(self) -> bool:
        """Not here: commits go in order."""
        return False

    def assignment(self) -> Mapping[TopicPartition, int]:
        """The owned partitions and their epochs."""
        return dict(self._epochs)

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver no records of these."""
        self._paused.update(partitions)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver records of these again."""
        self._paused.difference_update(partitions)

    def commit(
        self,
        outputs: Sequence[OutgoingRecord],
        dead_letters: Sequence[OutgoingRecord],
        positions: Mapping[TopicPartition, Position],
    ) -> None:
        """Write records and positions together; see `Consumer.commit`."""
        step = self._options.on_step
        with self._store.changed:
            step("begin")
            self._group.check(self._name, positions)
            self._group.renew(self._name, self._transport.clock())
            for name in ("records", "offsets", "commit"):  # what may still fail comes before the first change
                step(name)
            self._transport.append([*outputs, *dead_letters])
            self._offsets.update({place: position.offset for place, position in positions.items()})
            self._store.changed.notify_all()
        step("done")

    def rewind(self) -> None:
        """Back to the committed positions, under new epochs."""
        with self._store.changed:
            self._epochs = self._group.restart(self._name)
            self._next = {place: self._start_of(place) for place in self._epochs}

    def lag(self) -> list[PartitionLag]:
        """Lag of the assigned partitions."""
        with self._store.changed:
            return [_lag(self._store, self._offsets, place) for place in sorted(self._epochs)]

    def close(self) -> None:
        """Leave the group."""
        with self._store.changed:
            self._group.leave(self._name)
            self._store.changed.notify_all()
        self._epochs = {}

    def _join(self) -> None:
        options = self._options
        self._group.join(
            self._name, options.topics, options.slot, options.session_timeout, self._transport.clock()
        )

    def _keep_membership(self) -> None:
        if self._name not in self._group.members:
            if self._group.replaced(self._name, self._options.slot):
                raise slot_taken(self._options)
            self._join()
        generation = self._group.generation
        partitions = {t: len(logs) for t, logs in self._store.topics.items() if t in self._options.topics}
        owned = self._group.sync(self._name, partitions, self._transport.clock())
        if self._group.generation != generation:
            self._store.changed.notify_all()
        if owned != self._epochs:
            fresh = {place for place, epoch in owned.items() if self._epochs.get(place) != epoch}
            self._next = {
                place: self._start_of(place) if place in fresh else self._next[place] for place in owned
            }
            self._paused &= set(owned) - fresh
            self._epochs = owned

    def _start_of(self, place: TopicPartition) -> int:
        committed = self._offsets.get(place)
        if committed is not None:
            return committed
        return (
            0
            if self._options.start == Start.EARLIEST
            else len(self._store.topics[place.topic][place.partition])
        )

    def _take(self, max_records: int) -> list[Record]:
        records: list[Record] = []
        for place in list(self._next):
            if place in self._paused or len(records) >= max_records:
                continue
            offset = self._next.pop(place)  # put back last: the next poll begins with another partition
            found = self._store.topics[place.topic][place.partition][
                offset : offset + max_records - len(records)
            ]
            self._next[place] = offset + len(found)
            records += found
        return records


class MemoryProducer:
    """Writes to a log in memory."""

    def __init__(self, transport: MemoryTransport) -> None:
        self._transport = transport

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Write all records or none."""
        with self._transport.store.changed:
            self._transport.append(records)
            self._transport.store.changed.notify_all()

    def close(self) -> None:
        """Nothing is held."""


class MemoryAdmin:
    """Topics of a log in memory."""

    def __init__(self, store: _Store) -> None:
        self._store = store

    def create_topic(self, name: str, partitions: int) -> bool:
        """Make a topic; False where it exists."""
        with self._store.changed:
            if name in self._store.topics:
                return False
            self._store.topics[name] = [[] for _ in range(partitions)]
            self._store.changed.notify_all()
            return True

    def delete_topic(self, name: str) -> None:
        """Remove a topic. Raises: TransportError where there is none."""
        with self._store.changed:
            if name not in self._store.topics:
                raise missing_topic(name, self._store.topics)
            del self._store.topics[name]
            for offsets in self._store.offsets.values():
                for place in [p for p in offsets if p.topic == name]:
                    del offsets[place]

    def topics(self) -> list[TopicInfo]:
        """All topics."""
        with self._store.changed:
            return [
                TopicInfo(name, tuple((0, len(log)) for log in logs))
                for name, logs in sorted(self._store.topics.items())
            ]

    def topic(self, name: str) -> TopicInfo:
        """One topic. Raises: MissingTopicError."""
        with self._store.changed:
            if name not in self._store.topics:
                raise missing_topic(name, self._store.topics)
            return TopicInfo(name, tuple((0, len(log)) for log in self._store.topics[name]))

    def group_lag(self, group: str, topics: Sequence[str]) -> list[PartitionLag]:
        """Lag of a group on these topics."""
        with self._store.changed, suppress(KeyError):
            offsets = self._store.offsets.get(group, {})
            return [
                _lag(self._store, offsets, TopicPartition(t, p))
                for t in topics
                for p in range(len(self._store.topics[t]))
            ]
        raise missing_topic(next(t for t in topics if t not in self._store.topics), self._store.topics)

    def close(self) -> None:
        """Nothing is held."""


def _lag(store: _Store, offsets: Mapping[TopicPartition, int], place: TopicPartition) -> PartitionLag:
    end = len(store.topics[place.topic][place.partition])
    committed = offsets.get(place)
    return PartitionLag(place, committed, end, end - (committed or 0))
