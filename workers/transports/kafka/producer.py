# SPDX-License-Identifier: Apache-2.0
"""Writing records to Kafka outside any transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka.errors import KafkaError
from kafka.structs import ConsumerGroupMetadata

from ..base import OutgoingRecord, TransportError
from .clients import our_errors, producer
from .cluster import Cluster
from .internals import force_close
from .record_batches import written_at
from .refused_records import FOR_GOOD, refused
from .topic_limits import TopicLimits
from .transactional_writer import TransactionalWriter

log = logging.getLogger(__name__)

TRANSACTION_TIMEOUT = 30.0  # seconds
NO_GROUP = ConsumerGroupMetadata()


class KafkaProducer:
    """Writes to a cluster outside any group, on a new client after an error: one of kafka-python's answers
    all that comes later with that error."""

    def __init__(self, cluster: Cluster, limits: TopicLimits, delivery_timeout: float = 30.0) -> None:
        """Connect. Raises: TransportError where no broker answers."""
        self._cluster = cluster
        self._limits = limits
        self._timeout = delivery_timeout
        self._client: Any = None
        self._connect()

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Write the records and wait until the broker has them. Raises: TransportError; some may have been
        written then. RecordRefusedError where it will never take some of them."""
        self._limits.check(records)
        refusals = self._write(records, range(len(records)))
        if len(refusals) > 1:  # a broker may refuse a whole batch for one record
            refusals = {i: error for place in refusals for i, error in self._write(records, [place]).items()}
        for first, error in refusals.items():
            raise refused(error, records[first].topic, list(refusals))

    def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is not None:
            _discard(client)

    def _connect(self) -> None:
        with our_errors(f"connecting to Kafka at {self._cluster}"):
            self._client = producer(self._cluster, delivery_timeout=self._timeout)

    def _write(self, records: Sequence[OutgoingRecord], places: Sequence[int]) -> dict[int, KafkaError]:
        """Write the records with these places; those that the broker may never take as they are. Raises:
        TransportError for anything else."""
        if self._client is None:
            self._connect()
        now_ms = int(time.time() * 1000)
        refusals: dict[int, KafkaError] = {}
        try:
            with our_errors(f"writing {len(places)} records"):
                futures = {i: _send(self._client, records[i], now_ms) for i in places}
                self._client.flush(self._timeout)
                refusals = {i: error for i, future in futures.items() if (error := self._refusal_of(future))}
                if not refusals:
                    for future in futures.values():
                        future.get(self._timeout)
        except TransportError:
            self.close()
            raise
        if refusals:
            self.close()
        return refusals

    def _refusal_of(self, future: Any) -> KafkaError | None:
        try:
            future.get(self._timeout)
        except FOR_GOOD as error:
            return error
        except KafkaError:  # of a neighbour, or for the moment
            return None
        return None


class KafkaAtomicProducer:
    """Writes outside any group, in transactions."""

    def __init__(self, cluster: Cluster, limits: TopicLimits, name: str) -> None:
        """Connect, and put out whoever has this name. Raises: TransportError where no broker answers."""
        self._limits = limits
        self._transactions = TransactionalWriter(cluster, name, TRANSACTION_TIMEOUT, limits, _no_step)

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Write all records or none. Raises: TransportError, FencedError where another has the name now."""
        self._limits.check(records)
        with our_errors(f"writing {len(records)} records in one transaction"):
            self._transactions.write(records, {}, NO_GROUP, TRANSACTION_TIMEOUT)

    def close(self) -> None:
        """Close the connection."""
        self._transactions.close()


def _no_step(step: str) -> None:
    """Nothing happens between the steps of a transaction."""


def _send(client: Any, record: OutgoingRecord, now_ms: int) -> Any:
    return client.send(
        record.topic,
        value=record.value,
        key=record.key,
        headers=list(record.headers),
        partition=record.partition,
        timestamp_ms=written_at(record, now_ms),
    )


def _discard(client: Any) -> None:
    """Close a client without waiting for what it may never send; a plain close would give up half-way when it
    cannot flush."""
    with suppress(KafkaError, AssertionError):
        client.close(timeout=3)
        return
    log.warning("a Kafka producer did not close in time and is dropped")
    force_close(client)
