# SPDX-License-Identifier: Apache-2.0
"""A durable, partitioned log in one SQLite file: no server, many processes, exactly-once by one
transaction."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..base import (
    MAX_RECORD_BYTES,
    ConsumerOptions,
    FencedError,
    OutgoingRecord,
    PartitionLag,
    Position,
    Record,
    TopicInfo,
    TopicPartition,
    TransportError,
)
from ..coordination import Group
from ..errors import missing_topic
from ..partition_reader import LocalPartitions
from ..topic_reader import committed_read
from .database import Database
from .log import EmbeddedLog

log = logging.getLogger(__name__)
_T = TypeVar("_T")

WAKE_UP = 0.002  # seconds between looks for new records; a look costs some microseconds
IDLE_WAKE_UP = 0.01  # the same after a second without any
POLL_BYTES = 16 << 20  # a poll that has as much asks for no more


class EmbeddedTransport:
    """A log in the file `path`. Whole transactions survive `kill -9`; with `synchronous="FULL"` also a loss
    of power."""

    def __init__(
        self,
        path: str | Path,
        *,
        synchronous: str = "NORMAL",
        auto_create: int = 0,
        max_record_bytes: int = MAX_RECORD_BYTES,
        retention: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Unknown topics are made with `auto_create` partitions when written to; 0 refuses them.

        With `retention`, blocks of records older than so many seconds are removed now.
        """
        self.path = Path(path)
        self.clock = clock
        self._open = partial(Database, self.path, synchronous)
        self._settings = {"auto_create": auto_create, "max_record_bytes": max_record_bytes}
        self._reader = self.connect()
        if retention is not None:
            self.admin().trim(retention)

    def connect(self) -> EmbeddedLog:
        """The log through a connection of its own."""
        return EmbeddedLog(self._open(), **self._settings)

    def consumer(self, options: ConsumerOptions) -> EmbeddedConsumer:
        """Join a group."""
        return EmbeddedConsumer(self, options)

    def producer(self) -> EmbeddedProducer:
        """A plain producer."""
        return EmbeddedProducer(self.connect())

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
        lanes = self._reader.lanes([topic])
        return committed_read(
            self,
            lambda place, offset: self._reader.fetch(lanes[place][0], place, offset),
            topic,
            start,
            follow=follow,
            limit=limit,
            group=group,
        )

    def partitions(self, topic: str, group: str) -> LocalPartitions:
        """A reader that keeps its own positions; see `Transport.partitions`."""
        log = self._reader

        def note(positions: Mapping[TopicPartition, int]) -> None:
            with log.database.write():
                log.store_offsets(
                    group, {log.lanes([topic])[place][0]: offset for place, offset in positions.items()}
                )

        return LocalPartitions(
            topic,
            lambda: [(first, end) for _, (_, first, end) in sorted(log.lanes([topic]).items())],
            lambda place, offset: log.fetch(log.lanes([topic])[place][0], place, offset),
            note,
        )

    def admin(self) -> EmbeddedAdmin:
        """Topics and lags."""
        return EmbeddedAdmin(self.connect(), self.clock)

    def close(self) -> None:
        """Close the file."""
        self._reader.database.close()


class EmbeddedConsumer:
    """A member of a group on an embedded log: one connection for polling, one for committing."""

    def __init__(self, transport: EmbeddedTransport, options: ConsumerOptions) -> None:
        self._options = options
        self._clock = transport.clock
        self._name = uuid.uuid4().hex
        self._reading = transport.connect()
        self._writing = transport.connect()
        self._lanes: dict[TopicPartition, int] = {}
        self._epochs: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._ready: dict[TopicPartition, list[Record]] = {}
        self._paused: set[TopicPartition] = set()
        self._seen: tuple[int, int, int] | None = None
        self._next_beat = 0.0
        self._busy_until = 0.0
        self._told_missing: frozenset[str] = frozenset()
        with self._reading.database.write():
            self._change_group(self._join)

    def poll(self, timeout: float, max_records: int) -> list[Record]:
        """Records of the assigned partitions; see `Consumer.poll`."""
        deadline = time.monotonic() + timeout
        while True:
            version = self._reading.database.data_version()
            self._keep_membership()
            records = self._take(max_records)
            if records:
                self._busy_until = time.monotonic() + 1
            if records or not self._wait_for_change(version, deadline):
                return records

    def assignment(self) -> Mapping[TopicPartition, int]:
        """The owned partitions and their epochs."""
        return self._epochs

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
        """Write records and positions in one transaction, after a look whether this member still owns them;
        see `Consumer.commit`."""
        step = self._options.on_step
        step("begin")
        with self._writing.database.write():
            group = _load(self._writing.database, self._options.group)
            group.check(self._name, positions)
            if group.members[self._name].lease_until - self._clock() < 0.7 * self._options.session_timeout:
                group.renew(self._name, self._clock())
                _store(self._writing.database, self._options.group, group)
            step("records")
            self._writing.append([*outputs, *dead_letters])
            step("offsets")
            self._store_positions(positions)
            step("commit")
        step("done")

    def rewind(self) -> None:
        """Back to the committed positions, under new epochs."""
        with self._reading.database.write():
            self._epochs = self._change_group(lambda group: group.restart(self._name))
            self._start_at_committed(self._epochs)

    def lag(self) -> list[PartitionLag]:
        """Lag of the assigned partitions."""
        return self._writing.lags(self._options.group, self._epochs)

    def close(self) -> None:
        """Leave the group; what it owned is free at once."""
        with suppress(TransportError), self._reading.database.write():
            self._change_group(lambda group: group.leave(self._name))
        self._epochs = {}
        self._reading.database.close()
        self._writing.database.close()

    def _join(self, group: Group) -> None:
        options = self._options
        group.join(self._name, options.topics, options.slot, options.session_timeout, self._clock())

    def _sync(self, group: Group) -> dict[TopicPartition, int]:
        if self._name not in group.members:
            if group.replaced(self._name, self._options.slot):
                raise FencedError(
                    f"another consumer took slot {self._options.slot!r} of group {self._options.group!r}; "
                    "stop this one"
                )
            self._join(group)
        counts: dict[str, int] = {}
        for place in self._lanes:
            counts[place.topic] = counts.get(place.topic, 0) + 1
        return group.sync(self._name, counts, self._clock())

    def _change_group(self, change: Callable[[Group], _T]) -> _T:
        database, name = self._reading.database, self._options.group
        group = _load(database, name)
        result = change(group)
        _store(database, name, group)
        return result

    def _keep_membership(self) -> None:
        database, options = self._reading.database, self._options
        seen = database.rows(
            "SELECT (SELECT generation FROM groups WHERE name = ?), (SELECT version FROM topology)",
            (options.group,),
        )[0]
        if seen == self._seen and time.monotonic() < self._next_beat:
            return
        with database.write():
            before, self._lanes = self._lanes, self._find_lanes()
            owned = self._change_group(self._sync)
            moved = {place for place in owned if before.get(place) != self._lanes[place]}
            fresh = {
                place: epoch
                for place, epoch in owned.items()
                if self._epochs.get(place) != epoch or place in moved
            }
            self._start_at_committed(fresh)
            self._seen = database.rows(
                "SELECT (SELECT generation FROM groups WHERE name = ?), (SELECT version FROM topology)",
                (options.group,),
            )[0]
        for place in set(self._next) - set(owned):
            self._next.pop(place)
            self._ready.pop(place, None)
        self._paused &= set(owned) - set(fresh)
        self._epochs = owned
        self._next_beat = time.monotonic() + options.session_timeout / 5

    def _find_lanes(self) -> dict[TopicPartition, int]:
        topics = self._options.topics
        if self._reading.auto_create:
            for topic in topics:
                self._reading.create_topic(topic, self._reading.auto_create)
        lanes = {place: lane for place, (lane, _, _) in self._reading.lanes(topics).items()}
        missing = frozenset(topics) - {place.topic for place in lanes}
        if missing - self._told_missing:
            log.warning(
                "waiting for topic %s: it does not exist yet; make it with `freshet topics create`",
                ", ".join(sorted(missing)),
            )
        self._told_missing = missing
        return lanes

    def _start_at_committed(self, places: Iterable[TopicPartition]) -> None:
        database, options = self._reading.database, self._options
        committed = dict(database.rows("SELECT lane, off FROM offsets WHERE grp = ?", (options.group,)))
        bounds = self._reading.lanes(options.topics)
        for place in [p for p in places if p in bounds]:
            lane, first, end = bounds[place]
            offset = committed.get(lane, first if options.start == "earliest" else end)
            if offset < first:
                log.warning(
                    "%s[%d]: offsets %d to %d were removed by retention before group %s read them",
                    *place,
                    offset,
                    first - 1,
                    options.group,
                )
            self._next[place] = max(offset, first)
            self._ready.pop(place, None)

    def _take(self, max_records: int) -> list[Record]:
        records: list[Record] = []
        n_bytes = 0
        for place in self._with_records():
            if len(records) >= max_records or n_bytes >= POLL_BYTES:
                break
            offset = self._next.pop(place)  # put back last: the next poll begins with another partition
            ready = self._ready.pop(place, None) or self._reading.fetch(self._lanes[place], place, offset)
            taken = ready[: max_records - len(records)]
            if len(taken) < len(ready):
                self._ready[place] = ready[len(taken) :]
            self._next[place] = taken[-1].offset + 1 if taken else offset
            n_bytes += sum(len(r.value or b"") for r in taken)
            records += taken
        return records

    def _with_records(self) -> list[TopicPartition]:
        active = [place for place in self._next if place not in self._paused]
        if not active:
            return []
        ends = self._reading.ends([self._lanes[place] for place in active])
        return [
            place
            for place in active
            if place in self._ready or ends.get(self._lanes[place], 0) > self._next[place]
        ]

    def _wait_for_change(self, version: int, deadline: float) -> bool:
        """Wait until another connection wrote or a heartbeat is due (true), or the deadline has come
        (false)."""
        while (now := time.monotonic()) < deadline:
            if now >= self._next_beat or self._reading.database.data_version() != version:
                return True
            time.sleep(min(deadline - now, WAKE_UP if now < self._busy_until else IDLE_WAKE_UP))
        return False

    def _store_positions(self, positions: Mapping[TopicPartition, Position]) -> None:
        self._writing.store_offsets(
            self._options.group,
            {self._lanes[place]: position.offset for place, position in positions.items()},
        )


class EmbeddedProducer:
    """Writes to an embedded log."""

    def __init__(self, written: EmbeddedLog) -> None:
        self._log = written

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Write all records or none, in one transaction."""
        with self._log.database.write():
            self._log.append(records)

    def close(self) -> None:
        """Close the connection."""
        self._log.database.close()


class EmbeddedAdmin:
    """Topics, lags and retention of an embedded log."""

    def __init__(self, administered: EmbeddedLog, clock: Callable[[], float] = time.time) -> None:
        self._log = administered
        self._clock = clock

    def create_topic(self, name: str, partitions: int) -> bool:
        """Make a topic; False where it exists. Raises: TransportError for fewer than one partition."""
        if not name or partitions < 1:
            raise TransportError(
                f"a topic needs a name and at least one partition, not {name!r} with {partitions}"
            )
        with self._log.database.write():
            return self._log.create_topic(name, partitions)

    def delete_topic(self, name: str) -> None:
        """Remove a topic and its records. Raises: TransportError where there is none."""
        with self._log.database.write():
            self._log.delete_topic(name)

    def topics(self) -> list[TopicInfo]:
        """All topics."""
        return self._log.topics()

    def group_lag(self, group: str, topics: Sequence[str]) -> list[PartitionLag]:
        """Lag of a group on these topics. Raises: TransportError where one is missing."""
        bounds = {info.name: len(info.bounds) for info in self._log.topics()}
        for topic in topics:
            if topic not in bounds:
                raise missing_topic(topic, bounds)
        return self._log.lags(
            group, [TopicPartition(topic, p) for topic in topics for p in range(bounds[topic])]
        )

    def trim(self, retention: float, topics: Iterable[str] | None = None) -> int:
        """Remove blocks older than `retention` seconds and give their space back; the number of records that
        went."""
        with self._log.database.write():
            removed = self._log.trim(int((self._clock() - retention) * 1000), topics)
        self._log.database.rows("PRAGMA incremental_vacuum")
        return removed

    def close(self) -> None:
        """Close the connection."""
        self._log.database.close()


def _load(database: Database, name: str) -> Group:
    state = database.value("SELECT state FROM groups WHERE name = ?", (name,))
    return Group() if state is None else Group.from_json(state)


def _store(database: Database, name: str, group: Group) -> None:
    database.rows("INSERT OR REPLACE INTO groups VALUES (?, ?, ?)", (name, group.generation, group.to_json()))
