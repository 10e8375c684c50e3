# SPDX-License-Identifier: Apache-2.0
"""A durable, partitioned log in one SQLite file: no server, many processes, exactly-once by one
transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from ..base import (
    MAX_RECORD_BYTES,
    ConsumerOptions,
    OutgoingRecord,
    PartitionLag,
    Record,
    TopicInfo,
    TopicPartition,
    TransportError,
)
from ..partition_reader import LocalPartitionReader
from ..refusals import missing_topic
from ..topic_reader import read_committed
from .consumer import EmbeddedConsumer
from .database import Database
from .log import EmbeddedLog


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
            self._trim(retention)

    def connect(self) -> EmbeddedLog:
        """The log through a connection of its own."""
        return EmbeddedLog(self._open(), **self._settings)

    def consumer(self, options: ConsumerOptions) -> EmbeddedConsumer:
        """Join a group."""
        with ExitStack() as opened:  # closes them where the group cannot be joined
            reading, writing = (opened.enter_context(closing(self.connect())) for _ in range(2))
            consumer = EmbeddedConsumer(reading, writing, options, self.clock)
            opened.pop_all()
        return consumer

    def producer(self) -> EmbeddedProducer:
        """A plain producer."""
        return EmbeddedProducer(self.connect())

    def atomic_producer(self, name: str) -> EmbeddedProducer:
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
        shards = self._reader.shards([topic])
        return read_committed(
            self,
            lambda place, offset: self._reader.fetch(shards[place][0], place, offset),
            topic,
            start,
            follow=follow,
            limit=limit,
            group=group,
        )

    def partitions(self, topic: str, group: str) -> LocalPartitionReader:
        """A reader that keeps its own positions; see `Transport.partitions`."""
        log = self._reader

        def note(positions: Mapping[TopicPartition, int]) -> None:
            with log.database.write():
                log.store_offsets(
                    group, {log.shards([topic])[place][0]: offset for place, offset in positions.items()}
                )

        return LocalPartitionReader(
            topic,
            lambda: [(first, end) for _, (_, first, end) in sorted(log.shards([topic]).items())],
            lambda place, offset: log.fetch(log.shards([topic])[place][0], place, offset),
            note,
        )

    def admin(self) -> EmbeddedAdmin:
        """Topics and lags."""
        return EmbeddedAdmin(self.connect(), self.clock)

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def _trim(self, retention: float) -> None:
        with ExitStack() as opened:  # who gets an error instead of a transport has nothing to close
            opened.callback(self.close)
            with closing(self.admin()) as admin:
                admin.trim(retention)
            opened.pop_all()


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
        self._log.close()


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

    def topic(self, name: str) -> TopicInfo:
        """One topic. Raises: MissingTopicError."""
        return self._log.topic(name)

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
        self._log.close()
