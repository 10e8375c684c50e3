# SPDX-License-Identifier: Apache-2.0
"""Topics and records of an embedded log, as rows of its database. Whoever writes holds a write
transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import orjson

from ..base import MAX_RECORD_BYTES, OutgoingRecord, PartitionLag, Record, TopicInfo, TopicPartition
from ..errors import check_sizes, missing_partition, missing_topic
from ..partitioner import Spreader
from .database import Database
from .packed_records import pack, record_bytes, unpack

BLOCK_BYTES = 1 << 20  # a block is closed once it holds as much
BLOCK_RECORDS = 2000
_OFFSET_BITS = 40
_OFFSETS = (1 << _OFFSET_BITS) - 1


class EmbeddedLog:
    """Reads and writes topics through one database connection."""

    def __init__(
        self, database: Database, *, auto_create: int = 0, max_record_bytes: int = MAX_RECORD_BYTES
    ) -> None:
        """Unknown topics are made with `auto_create` partitions when written to; 0 refuses them."""
        self.database = database
        self.auto_create = auto_create
        self.max_record_bytes = max_record_bytes
        self._spreader = Spreader()

    def append(self, records: Sequence[OutgoingRecord]) -> None:
        """Write records at the ends of their partitions. Raises: RecordTooLargeError, TransportError; nothing
        is written then."""
        if not records:
            return
        check_sizes(records, self.max_record_bytes)
        lanes = self._open_lanes({record.topic for record in records})
        filed: dict[TopicPartition, list[OutgoingRecord]] = {}
        for record in records:
            partition = self._spreader.choose(record.key, record.partition, len(lanes[record.topic]))
            if not 0 <= partition < len(lanes[record.topic]):
                raise missing_partition(record.topic, partition, len(lanes[record.topic]))
            filed.setdefault(TopicPartition(record.topic, partition), []).append(record)
        now_ms = int(time.time() * 1000)
        rows: list[object] = []
        ends = []
        for (topic, partition), group in filed.items():
            lane, offset = lanes[topic][partition]
            for block in _cut(group):
                rows += (lane << _OFFSET_BITS | offset, len(block), now_ms, pack(block, now_ms))
                offset += len(block)
            ends.append([lane, offset])
        self._insert(rows)
        self.database.rows(
            "UPDATE lanes SET next = e.value ->> 1 FROM json_each(?) AS e WHERE lanes.id = e.value ->> 0",
            (orjson.dumps(ends).decode(),),
        )

    def fetch(self, lane: int, place: TopicPartition, offset: int, n_blocks: int = 8) -> list[Record]:
        """Records of a lane from an offset on: the rest of the block that holds it and some blocks more; none
        at the end."""
        low, at = lane << _OFFSET_BITS, lane << _OFFSET_BITS | offset
        rows = self.database.rows(
            "SELECT id, data FROM blocks WHERE id >= coalesce((SELECT max(id) FROM blocks WHERE id "
            "BETWEEN ? AND ?), ?)"
            " AND id <= ? AND id + n > ? ORDER BY id LIMIT ?",
            (low, at, at, low | _OFFSETS, at, n_blocks),
        )
        records: list[Record] = []
        for row, data in rows:
            records += unpack(data, place, row & _OFFSETS, offset)
        return records

    def lanes(self, topics: Iterable[str]) -> dict[TopicPartition, tuple[int, int, int]]:
        """Lane, first offset and next offset of each partition of the topics that exist."""
        rows = self.database.value(
            "SELECT json_group_array(json_array(topic, part, id, first, next)) FROM lanes WHERE topic "
            "IN (SELECT value FROM json_each(?))",
            (orjson.dumps(list(topics)).decode(),),
        )
        return {
            TopicPartition(topic, part): (lane, first, end)
            for topic, part, lane, first, end in orjson.loads(rows)
        }

    def ends(self, lanes: Iterable[int]) -> dict[int, int]:
        """The next offset of each lane that exists."""
        found = self.database.value(
            "SELECT json_group_array(json_array(id, next)) FROM lanes WHERE id IN (SELECT value FROM "
            "json_each(?))",
            (orjson.dumps(list(lanes)).decode(),),
        )
        return dict(orjson.loads(found))

    def topics(self) -> list[TopicInfo]:
        """All topics, by name."""
        bounds: dict[str, list[tuple[int, int]]] = {}
        for topic, first, end in self.database.rows(
            "SELECT topic, first, next FROM lanes ORDER BY topic, part"
        ):
            bounds.setdefault(topic, []).append((first, end))
        return [TopicInfo(name, tuple(pairs)) for name, pairs in bounds.items()]

    def create_topic(self, name: str, partitions: int) -> bool:
        """Make a topic; False where it exists."""
        if self.database.rows("SELECT 1 FROM lanes WHERE topic = ?", (name,)):
            return False
        for partition in range(partitions):
            self.database.rows("INSERT INTO lanes (topic, part) VALUES (?, ?)", (name, partition))
        self.database.rows("UPDATE topology SET version = version + 1")
        return True

    def delete_topic(self, name: str) -> None:
        """Remove a topic, its records and the offsets that groups hold in it. Raises: TransportError where
        there is none."""
        lanes = self.lanes([name])
        if not lanes:
            raise missing_topic(name, [info.name for info in self.topics()])
        for lane, _, _ in lanes.values():
            self.database.rows(
                "DELETE FROM blocks WHERE id BETWEEN ? AND ?",
                (lane << _OFFSET_BITS, lane << _OFFSET_BITS | _OFFSETS),
            )
            self.database.rows("DELETE FROM offsets WHERE lane = ?", (lane,))
            self.database.rows("DELETE FROM lanes WHERE id = ?", (lane,))
        self.database.rows("UPDATE topology SET version = version + 1")

    def trim(self, before_ms: int, topics: Iterable[str] | None = None) -> int:
        """Remove whole blocks written before a time (milliseconds since 1970); the number of records that
        went."""
        names = [info.name for info in self.topics()] if topics is None else list(topics)
        removed = 0
        for lane, first, end in self.lanes(names).values():
            low = lane << _OFFSET_BITS
            keep = self.database.value(
                "SELECT min(id) FROM blocks WHERE id BETWEEN ? AND ? AND newest_ms >= ?",
                (low, low | _OFFSETS, before_ms),
            )
            new_first = end if keep is None else keep & _OFFSETS
            self.database.rows("DELETE FROM blocks WHERE id >= ? AND id < ?", (low, low | new_first))
            self.database.rows("UPDATE lanes SET first = ? WHERE id = ?", (new_first, lane))
            removed += new_first - first
        return removed

    def lags(self, group: str, places: Iterable[TopicPartition]) -> list[PartitionLag]:
        """Lag of a group in these partitions."""
        wanted = sorted(places)
        lanes = self.lanes({place.topic for place in wanted})
        committed = dict(self.database.rows("SELECT lane, off FROM offsets WHERE grp = ?", (group,)))
        lags = []
        for place in wanted:
            if place in lanes:
                lane, first, end = lanes[place]
                offset = committed.get(lane)
                lags.append(PartitionLag(place, offset, end, end - max(first, min(offset or 0, end))))
        return lags

    def store_offsets(self, group: str, offsets: Mapping[int, int]) -> None:
        """Store a group's next offsets by lane."""
        self.database.rows(
            "INSERT INTO offsets SELECT ?, value ->> 0, value ->> 1 FROM json_each(?) WHERE true"
            " ON CONFLICT (grp, lane) DO UPDATE SET off = excluded.off",
            (group, orjson.dumps([[lane, offset] for lane, offset in offsets.items()]).decode()),
        )

    def _insert(self, rows: list[object]) -> None:
        # Few statements instead of one per row: each gives up the interpreter lock, and getting it back can
        # take milliseconds.
        for at in range(0, len(rows), 400):
            part = rows[at : at + 400]
            self.database.rows(
                "INSERT INTO blocks VALUES " + ",".join(["(?,?,?,?)"] * (len(part) // 4)), part
            )

    def _open_lanes(self, topics: set[str]) -> dict[str, dict[int, tuple[int, int]]]:
        found: dict[str, dict[int, tuple[int, int]]] = {}
        for (topic, partition), (lane, _, end) in self.lanes(topics).items():
            found.setdefault(topic, {})[partition] = (lane, end)
        missing = sorted(topics - set(found))
        if not missing:
            return found
        if not self.auto_create:
            raise missing_topic(missing[0], [info.name for info in self.topics()])
        for topic in missing:
            self.create_topic(topic, self.auto_create)
        return self._open_lanes(topics)


def _cut(records: list[OutgoingRecord]) -> Iterable[list[OutgoingRecord]]:
    block: list[OutgoingRecord] = []
    size = 0
    for record in records:
        size += record_bytes(record)
        block.append(record)
        if size >= BLOCK_BYTES or len(block) >= BLOCK_RECORDS:
            yield block
            block, size = [], 0
    if block:
        yield block
