# SPDX-License-Identifier: Apache-2.0
"""Writing to Kafka: records alone, or with a group's offsets in one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from kafka.errors import KafkaError
from kafka.structs import ConsumerGroupMetadata

from ..base import MAX_RECORD_BYTES, OutgoingRecord, RecordTooLargeError, TransportError
from ..embedded.packed_records import record_bytes
from ..errors import missing_topic
from .admin import FRAME_BYTES, KafkaAdmin
from .clients import TIMEOUT_MS, our_errors, producer, transactions
from .transactions import Offsets, Transactions

log = logging.getLogger(__name__)


class Limits:
    """Which topics exist and what they take: asked once for each, before its first record; a client would
    wait for it to appear."""

    def __init__(self, servers: Sequence[str], auto_create: int) -> None:
        """Unknown topics are made with `auto_create` partitions; 0 refuses them."""
        self._servers = servers
        self._auto_create = auto_create
        self._known: dict[str, int] = {}

    def check(self, records: Sequence[OutgoingRecord]) -> None:
        """Refuse what could never be written. Raises: TransportError for an unknown topic,
        RecordTooLargeError."""
        new = {record.topic for record in records} - self._known.keys()
        if new:
            self._learn(new)
        for index, record in enumerate(records):
            size, limit = record_bytes(record), self._known[record.topic]
            if size > limit:
                raise RecordTooLargeError(
                    f"a record for topic {record.topic!r} has {size:,} bytes, at most {limit:,} are taken; "
                    "shorten it",
                    index,
                )
            if record.key is None and record.value is None:
                raise TransportError(
                    f"a record for topic {record.topic!r} has neither key nor value; Kafka takes none such"
                )

    @property
    def smallest(self) -> int:
        """The least that any known topic takes, in bytes."""
        return min(self._known.values(), default=MAX_RECORD_BYTES)

    def batch_bytes(self, topic: str) -> int:
        """What a batch for a topic may take, in bytes."""
        return self._known.get(topic, MAX_RECORD_BYTES) + FRAME_BYTES

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
        """Write the records and wait until the broker has them. Raises: TransportError; some may have been
        written then."""
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
    """Writes records and offsets in one transaction; after anything unexpected a new client of the same id
    ends what was open."""

    def __init__(
        self,
        servers: Sequence[str],
        transactional_id: str,
        transaction_timeout: float,
        limits: Limits,
        step: Callable[[str], None],
    ) -> None:
        """Connect and end what an earlier one of the same id left open. Raises: TransportError."""
        self._servers = servers
        self._id = transactional_id
        self._transaction_timeout = transaction_timeout
        self._limits = limits
        self._step = step
        self._client: Transactions | None = None
        self.renew()

    def renew(self) -> None:
        """Drop the client for a new one. Raises: FencedError, TransportError; the next `write` tries
        again."""
        self._drop()
        with our_errors(f"starting transactions of {self._id!r}"):
            client = transactions(self._servers, self._id, self._transaction_timeout)
            try:
                client.open(TIMEOUT_MS / 1000)
            except BaseException:
                client.close()
                raise
        self._client = client

    def write(
        self,
        records: Sequence[OutgoingRecord],
        offsets: Offsets,
        metadata: ConsumerGroupMetadata,
        timeout: float,
    ) -> None:
        """One transaction. Raises: kafka-python's errors, after about `timeout` seconds at the latest; the
        client is renewed before."""
        if self._client is None:
            self.renew()
        assert self._client is not None
        try:
            self._client.transact(
                records, offsets, metadata, self._limits.batch_bytes, self._step, time.monotonic() + timeout
            )
        except BaseException:
            self._drop()
            raise

    def close(self) -> None:
        """Close the connection; what is open is aborted by the broker."""
        self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


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
    """Close a client without waiting for what it may never send; a plain close would give up half-way when it
    cannot flush."""
    with suppress(KafkaError, AssertionError):
        client.close(timeout=3)
        return
    log.warning("a Kafka producer did not close in time and is dropped")
    with suppress(Exception):
        client._sender.force_close()
