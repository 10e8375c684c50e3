# SPDX-License-Identifier: Apache-2.0
"""A member of a consumer group on an embedded log; its outputs and positions are one transaction."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from ...settings import Start
from ..base import (
    ConsumerOptions,
    OutgoingRecord,
    PartitionLag,
    Position,
    Record,
    TopicPartition,
    TransportError,
)
from ..coordination import Group
from ..refusals import slot_taken
from .database import Database
from .log import EmbeddedLog

log = logging.getLogger(__name__)
_T = TypeVar("_T")

WAKE_UP = 0.002  # seconds between looks for new records; a look costs some microseconds
IDLE_WAKE_UP = 0.01  # the same after a second without any
POLL_BYTES = 16 << 20  # a poll that has as much asks for no more


class EmbeddedConsumer:
    """A member of a group on an embedded log: one connection for polling, one for committing."""

    def __init__(
        self, reading: EmbeddedLog, writing: EmbeddedLog, options: ConsumerOptions, clock: Callable[[], float]
    ) -> None:
        """Join the group. The two are connections of this consumer alone, which it closes."""
        self._options = options
        self._clock = clock
        self._name = uuid.uuid4().hex
        self._reading = reading
        self._writing = writing
        self._shards: dict[TopicPartition, int] = {}
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

    @property
    def keeps_done(self) -> bool:
        """Not here: commits go in order."""
        return False

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
        self._reading.close()
        self._writing.close()

    def _join(self, group: Group) -> None:
        options = self._options
        group.join(self._name, options.topics, options.slot, options.session_timeout, self._clock())

    def _sync(self, group: Group) -> dict[TopicPartition, int]:
        if self._name not in group.members:
            if group.replaced(self._name, self._options.slot):
                raise slot_taken(self._options)
            self._join(group)
        counts: dict[str, int] = {}
        for place in self._shards:
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
            before, self._shards = self._shards, self._find_shards()
            owned = self._change_group(self._sync)
            moved = {place for place in owned if before.get(place) != self._shards[place]}
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

    def _find_shards(self) -> dict[TopicPartition, int]:
        topics = self._options.topics
        if self._reading.auto_create:
            for topic in topics:
                self._reading.create_topic(topic, self._reading.auto_create)
        shards = {place: shard for place, (shard, _, _) in self._reading.shards(topics).items()}
        missing = frozenset(topics) - {place.topic for place in shards}
        if missing - self._told_missing:
            log.warning(
                "waiting for topic %s: it does not exist yet; make it with `freshet topics create`",
                ", ".join(sorted(missing)),
            )
        self._told_missing = missing
        return shards

    def _start_at_committed(self, places: Iterable[TopicPartition]) -> None:
        database, options = self._reading.database, self._options
        committed = dict(database.rows("SELECT lane, off FROM offsets WHERE grp = ?", (options.group,)))
        bounds = self._reading.shards(options.topics)
        for place in [p for p in places if p in bounds]:
            shard, first, end = bounds[place]
            offset = committed.get(shard, first if options.start == Start.EARLIEST else end)
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
            ready = self._ready.pop(place, None) or self._reading.fetch(self._shards[place], place, offset)
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
        ends = self._reading.ends([self._shards[place] for place in active])
        return [
            place
            for place in active
            if place in self._ready or ends.get(self._shards[place], 0) > self._next[place]
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
            {self._shards[place]: position.offset for place, position in positions.items()},
        )


def _load(database: Database, name: str) -> Group:
    state = database.value("SELECT state FROM groups WHERE name = ?", (name,))
    return Group() if state is None else Group.from_json(state)


def _store(database: Database, name: str, group: Group) -> None:
    database.rows("INSERT OR REPLACE INTO groups VALUES (?, ?, ?)", (name, group.generation, group.to_json()))
