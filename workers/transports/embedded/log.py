# SPDX-License-Identifier: Apache-2.0
"""Topics and records of an embedded log, as rows of its database. Whoever writes holds a write
transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import orjson

from ..base import MAX_RECORD_BYTES, OutgoingRecord, PartitionLag, Record, TopicInfo, TopicPartition
from ..partitioner import Partitioner
from ..refusals import check_sizes, missing_partition, missing_topic
from .database import Database
from .packed_records import pack, unpack

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
        self._partitioner = Partitioner()

    def append(self, records: Sequence[OutgoingRecord]) -> None:
        """Write records at the ends of their partitions. Raises: RecordTooLargeError, TransportError; nothing
        is written then."""
        if not records:
            return
        check_sizes(records, self.max_record_bytes)
        shards = self._open_shards({record.topic for record in records})
        filed: dict[TopicPartition, list[OutgoingRecord]] = {}
        for record in records:
            partition = self._partitioner.choose(record.key, record.partition, len(shards[record.topic]))
            if not 0 <= partition < len(shards[record.topic]):
                raise missing_partition(record.topic, partition, len(shards[record.topic]))
            filed.setdefault(TopicPartition(record.topic, partition), []).append(record)
        now_ms = int(time.time() * 1000)
        rows: list[object] = []
        ends = []
        for (topic, partition), group in filed.items():
            shard, offset = shards[topic][partition]
            for block in _split_blocks(group):
                rows += (shard << _OFFSET_BITS | offset, len(block), now_ms, pack(block, now_ms))
                offset += len(block)
            ends.append([shard, offset])
        self._insert(rows)
        self.database.rows(
            "UPDATE lanes SET next = e.value ->> 1 FROM json_each(?) AS e WHERE lanes.id = e.value ->> 0",
            (orjson.dumps(ends).decode(),),
        )

    def fetch(self, shard: int, place: TopicPartition, offset: int, n_blocks: int = 8) -> list[Record]:
        """Records of a shard, which is a partition's number in the tables, from an offset on: the rest of the
        block that holds it and some blocks more; none at the end."""
        low, at = shard << _OFFSET_BITS, shard << _OFFSET_BITS | offset
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

    def shards(self, topics: Iterable[str]) -> dict[TopicPartition, tuple[int, int, int]]:
        """Lane, first offset and next offset of each partition of the topics that exist."""
        rows = self.database.value(
            "SELECT json_group_array(json_array(topic, part, id, first, next)) FROM lanes WHERE topic "
            "IN (SELECT value FROM json_each(?))",
            (orjson.dumps(list(topics)).decode(),),
        )
        return {
            TopicPartition(topic, part): (shard, first, end)
            for topic, part, shard, first, end in orjson.loads(rows)
        }

    def ends(self, shards: Iterable[int]) -> dict[int, int]:
        """The next offset of each shard that exists."""
        found = self.database.value(
            "SELECT json_group_array(json_array(id, next)) FROM lanes WHERE id IN (SELECT value FROM "
            "json_each(?))",
            (orjson.dumps(list(shards)).decode(),),
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

    def topic(self, name: str) -> TopicInfo:
        """One topic. Raises: MissingTopicError."""
        bounds = self.database.rows("SELECT first, next FROM lanes WHERE topic = ? ORDER BY part", (name,))
        if not bounds:
            raise missing_topic(name, [info.name for info in self.topics()])
        return TopicInfo(name, tuple((first, end) for first, end in bounds))

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
        shards = self.shards([name])
        if not shards:
            raise missing_topic(name, [info.name for info in self.topics()])
        for shard, _, _ in shards.values():
            self.database.rows(
                "DELETE FROM blocks WHERE id BETWEEN ? AND ?",
                (shard << _OFFSET_BITS, shard << _OFFSET_BITS | _OFFSETS),
            )
            self.database.rows("DELETE FROM offsets WHERE lane = ?", (shard,))
            self.database.rows("DELETE FROM lanes WHERE id = ?", (shard,))
        self.database.rows("UPDATE topology SET version = version + 1")

    def trim(self, before_ms: int, topics: Iterable[str] | None = None) -> int:
        """Remove whole blocks written before a time (milliseconds since 1970); the number of records that
        went."""
        names = [info.name for info in self.topics()] if topics is None else list(topics)
        removed = 0
        for shard, first, end in self.shards(names).values():
            low = shard << _OFFSET_BITS
            keep = self.database.value(
                "SELECT min(id) FROM blocks WHERE id BETWEEN ? AND ? AND newest_ms >= ?",
                (low, low | _OFFSETS, before_ms),
            )
            new_first = end if keep is None else keep & _OFFSETS
            self.database.rows("DELETE FROM blocks WHERE id >= ? AND id < ?", (low, low | new_first))
            self.database.rows("UPDATE lanes SET first = ? WHERE id = ?", (new_first, shard))
            removed += new_first - first
        return removed

    def lags(self, group: str, places: Iterable[TopicPartition]) -> list[PartitionLag]:
        """Lag of a group in these partitions."""
        wanted = sorted(places)
        shards = self.shards({place.topic for place in wanted})
        committed = dict(self.database.rows("SELECT lane, off FROM offsets WHERE grp = ?", (group,)))
        lags = []
        for place in wanted:
            if place in shards:
                shard, first, end = shards[place]
                offset = committed.get(shard)
                lags.append(PartitionLag(place, offset, end, end - max(first, min(offset or 0, end))))
        return lags

    def store_offsets(self, group: str, offsets: Mapping[int, int]) -> None:
        """Store a group's next offsets by shard."""
        self.database.rows(
            "INSERT INTO offsets SELECT ?, value ->> 0, value ->> 1 FROM json_each(?) WHERE true"
            " ON CONFLICT (grp, lane) DO UPDATE SET off = excluded.off",
            (group, orjson.dumps([[shard, offset] for shard, offset in offsets.items()]).decode()),
        )

    def close(self) -> None:
        """Close the connection."""
        self.database.close()

    def _insert(self, rows: list[object]) -> None:
        # Few statements instead of one per row: each gives up the interpreter lock, and getting it back can
        # take milliseconds.
        for at in range(0, len(rows), 400):
            part = rows[at : at + 400]
            self.database.rows(
                "INSERT INTO blocks VALUES " + ",".join(["(?,?,?,?)"] * (len(part) // 4)), part
            )

    def _open_shards(self, topics: set[str]) -> dict[str, dict[int, tuple[int, int]]]:
        found: dict[str, dict[int, tuple[int, int]]] = {}
        for (topic, partition), (shard, _, end) in self.shards(topics).items():
            found.setdefault(topic, {})[partition] = (shard, end)
        missing = sorted(topics - set(found))
        if not missing:
            return found
        if not self.auto_create:
            raise missing_topic(missing[0], [info.name for info in self.topics()])
        for topic in missing:
            self.create_topic(topic, self.auto_create)
        return self._open_shards(topics)


def _split_blocks(records: list[OutgoingRecord]) -> Iterable[list[OutgoingRecord]]:
    block: list[OutgoingRecord] = []
    size = 0
    for record in records:
        size += record.n_bytes
        block.append(record)
        if size >= BLOCK_BYTES or len(block) >= BLOCK_RECORDS:
            yield block
            block, size = [], 0
    if block:
        yield block
