# SPDX-License-Identifier: Apache-2.0
"""Writing to Kafka: records alone, or with a group's offsets in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer as Client
from kafka import TopicPartition as KafkaPartition
from kafka.errors import KafkaError
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata

from .base import MAX_RECORD_BYTES, OutgoingRecord, RecordTooLargeError, TransportError
from .bounded import Bounded
from .errors import missing_topic
from .kafka_admin import KafkaAdmin
from .kafka_clients import our_errors, producer
from .packing import record_bytes

log = logging.getLogger(__name__)

Offsets = Mapping[KafkaPartition, OffsetAndMetadata]


class Limits:
    """Which topics exist and what they take: asked once for each, before its first record; a client would wait for it to appear."""

    def __init__(self, servers: Sequence[str], auto_create: int) -> None:
        """Unknown topics are made with `auto_create` partitions; 0 refuses them."""
        self._servers = servers
        self._auto_create = auto_create
        self._known: dict[str, int] = {}

    def check(self, records: Sequence[OutgoingRecord]) -> None:
        """Refuse what could never be written. Raises: TransportError for an unknown topic, RecordTooLargeError."""
        new = {record.topic for record in records} - self._known.keys()
        if new:
            self._learn(new)
        for index, record in enumerate(records):
            size, limit = record_bytes(record), self._known[record.topic]
            if size > limit:
                raise RecordTooLargeError(
                    f"a record for topic {record.topic!r} has {size:,} bytes, at most {limit:,} are taken; shorten it", index
                )
            if record.key is None and record.value is None:
                raise TransportError(f"a record for topic {record.topic!r} has neither key nor value; Kafka takes none such")

    @property
    def smallest(self) -> int:
        """The least that any known topic takes, in bytes."""
        return min(self._known.values(), default=MAX_RECORD_BYTES)

    def forget(self) -> None:
        """Ask again: a topic may have gone."""
        self._known = {}

    def _learn(self, topics: set[str]) -> None:
        administrator = KafkaAdmin(self._servers)
        try:
            existing = administrator.partitions()
            for topic in sorted(topics - existing.keys()):
                if not self._auto_create:
                    raise missing_topic(topic, existing)
                administrator.create_topic(topic, self._auto_create)
            self._known.update(administrator.limits(topics))
        finally:
            administrator.close()


class KafkaProducer:
    """Writes to a cluster outside any group."""

    def __init__(self, servers: Sequence[str], limits: Limits, delivery_timeout: float = 30.0) -> None:
        """Connect. Raises: TransportError where no broker answers."""
        self._limits = limits
        self._timeout = delivery_timeout
        with our_errors(f"connecting to Kafka at {','.join(servers)}"):
            self._client = producer(servers, delivery_timeout=delivery_timeout)

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Write the records and wait until the broker has them. Raises: TransportError; some may have been written then."""
        self._limits.check(records)
        with our_errors(f"writing {len(records)} records"):
            futures = [_send(self._client, record) for record in records]
            self._client.flush(self._timeout)
            for future in futures:
                future.get(self._timeout)

    def close(self) -> None:
        """Close the connection."""
        _discard(self._client)


class TransactionalWriter:
    """Writes records and offsets in one transaction; after anything unexpected a new client of the same id ends what was open."""

    def __init__(self, servers: Sequence[str], transactional_id: str, transaction_timeout: float, step: Callable[[str], None]) -> None:
        """Connect and end what an earlier one of the same id left open. Raises: TransportError."""
        self._servers = servers
        self._id = transactional_id
        self._transaction_timeout = transaction_timeout
        self._step = step
        self._bounded = Bounded(f"transactions of {transactional_id}")
        self._client: Client | None = None
        self.renew()

    def renew(self) -> None:
        """Drop the client for a new one. Raises: FencedError, TransportError; the next `write` tries again."""
        self._drop()
        with our_errors(f"starting transactions of {self._id!r}"):
            client = producer(
                self._servers,
                delivery_timeout=self._transaction_timeout,
                transactional_id=self._id,
                transaction_timeout=self._transaction_timeout,
            )
            try:
                client.init_transactions()
            except BaseException:
                _discard(client)
                raise
        self._client = client

    def write(self, records: Sequence[OutgoingRecord], offsets: Offsets, metadata: ConsumerGroupMetadata, timeout: float) -> None:
        """One transaction. Raises: kafka-python's errors, or TransportError after `timeout` seconds; the client is renewed before."""
        if self._client is None:
            self.renew()
        client = self._client
        try:
            self._bounded.run(lambda: self._transact(client, records, offsets, metadata), timeout, "a transaction")
        except BaseException as error:
            if isinstance(error, TransportError):  # the thread still hangs in it
                self._bounded.close()
                self._bounded = Bounded(f"transactions of {self._id}")
            self._drop()
            raise

    def close(self) -> None:
        """Close the connection; what is open is aborted by the broker."""
        self._drop()
        self._bounded.close()

    def _transact(self, client: Any, records: Sequence[OutgoingRecord], offsets: Offsets, metadata: ConsumerGroupMetadata) -> None:
        client.begin_transaction()
        self._step("records")
        for record in records:
            _send(client, record)
        self._step("offsets")
        if offsets:
            client.send_offsets_to_transaction(offsets, metadata)
        self._step("commit")
        client.commit_transaction()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            _discard(client)


def _send(client: Any, record: OutgoingRecord) -> Any:
    return client.send(
        record.topic,
        value=record.value,
        key=record.key,
        headers=list(record.headers),
        partition=record.partition,
        timestamp_ms=record.timestamp_ms,
    )


def _discard(client: Any) -> None:
    """Close a client without waiting for what it may never send; a plain close would give up half-way when it cannot flush."""
    with suppress(KafkaError, AssertionError):
        client.close(timeout=3)
        return
    log.warning("a Kafka producer did not close in time and is dropped")
    with suppress(Exception):
        client._sender.force_close()
