# SPDX-License-Identifier: Apache-2.0
"""Kafka as a transport: exactly-once by one transactional producer per worker that carries its group's
metadata (KIP-447)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from kafka import TopicPartition as KafkaPartition

from ...settings import KafkaSettings
from ..base import ConsumerOptions, Record, TopicInfo
from ..topic_reader import offset_of, read_as_group, topic_info
from .admin import KafkaAdmin
from .clients import TIMEOUT_MS, our_errors, plain_consumer
from .cluster import Cluster
from .consumer import KafkaGroupConsumer, record_of
from .internals import poll_records
from .partition_reader import KafkaPartitionReader
from .producer import KafkaAtomicProducer, KafkaProducer
from .topic_limits import TopicLimits

POLL = 0.02
"""Seconds. A poll that finds nothing fetched yet sits its whole time out, also when records come meanwhile:
the first one of each reading does."""


class KafkaTransport:
    """The log of a Kafka cluster."""

    def __init__(
        self,
        servers: Sequence[str],
        *,
        auto_create: int = 0,
        security: KafkaSettings = KafkaSettings(),  # noqa: B008  # frozen
    ) -> None:
        """`servers` are HOST:PORT. Unknown topics are made with `auto_create` partitions when written to; 0
        refuses them."""
        self._cluster = Cluster(tuple(servers), security)
        self._auto_create = auto_create

    def consumer(self, options: ConsumerOptions) -> KafkaGroupConsumer:
        """Join a group."""
        if self._auto_create:
            self._create(options.topics)
        return KafkaGroupConsumer(self._cluster, options, TopicLimits(self._cluster, self._auto_create))

    def producer(self) -> KafkaProducer:
        """A plain producer."""
        return KafkaProducer(self._cluster, TopicLimits(self._cluster, self._auto_create))

    def atomic_producer(self, name: str) -> KafkaAtomicProducer:
        """A producer of transactions."""
        return KafkaAtomicProducer(self._cluster, TopicLimits(self._cluster, self._auto_create), name)

    def read(
        self,
        topic: str,
        start: str | int = "earliest",
        *,
        follow: bool = False,
        limit: int | None = None,
        group: str | None = None,
    ) -> Iterator[Record]:
        """Committed records of a topic; see `Transport.read`."""
        info = topic_info(self, topic)
        if group is not None:
            return read_as_group(self, info, group, start, follow=follow, limit=limit)
        return islice(self._read_plainly(info, start, follow=follow), limit)

    def partitions(self, topic: str, group: str) -> KafkaPartitionReader:
        """A reader that keeps its own positions; see `Transport.partitions`."""
        return KafkaPartitionReader(self._cluster, topic, group)

    def admin(self) -> KafkaAdmin:
        """Topics and lags."""
        return KafkaAdmin(self._cluster)

    def close(self) -> None:
        """Nothing is held."""

    def _read_plainly(self, info: TopicInfo, start: str | int, *, follow: bool) -> Iterator[Record]:
        starts = {
            KafkaPartition(info.name, p): offset_of(start, *bounds) for p, bounds in enumerate(info.bounds)
        }
        ends = {KafkaPartition(info.name, p): end for p, (_, end) in enumerate(info.bounds)}
        with our_errors(f"reading {info.name}"):
            client = plain_consumer(self._cluster)
            try:
                client.assign(list(starts))
                for place, offset in starts.items():
                    client.seek(place, offset)
                while follow or any(
                    client.position(place, timeout_ms=TIMEOUT_MS) < end for place, end in ends.items()
                ):
                    for place, found in poll_records(client, POLL, 2000).items():
                        yield from (record_of(raw) for raw in found if follow or raw.offset < ends[place])
            finally:
                client.close()

    def _create(self, topics: Sequence[str]) -> None:
        administrator = self.admin()
        try:
            for topic in topics:
                administrator.create_topic(topic, self._auto_create)
        finally:
            administrator.close()
