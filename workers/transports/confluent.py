# SPDX-License-Identifier: Apache-2.0
"""Kafka through librdkafka (extra `kafka-native`): same protocol and guarantees as `kafka`, at a third of the
client's CPU time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .base import ConsumerOptions, OutgoingRecord, TransportError
from .confluent_clients import native_errors, native_producer, produce
from .confluent_consumer import NativeConsumer
from .kafka.producer import Limits
from .kafka.transport import KafkaTransport

FLUSH_TIMEOUT = 30.0  # seconds


class ConfluentTransport(KafkaTransport):
    """The log of a Kafka cluster; topics are made and read as by `KafkaTransport`."""

    def consumer(self, options: ConsumerOptions) -> NativeConsumer:  # type: ignore[override]  # another client, the same protocol
        """Join a group."""
        if self._auto_create:
            self._create(options.topics)
        return NativeConsumer(self._servers, options, Limits(self._servers, self._auto_create))

    def producer(self) -> NativeProducer:  # type: ignore[override]  # another client, the same protocol
        """A plain producer."""
        return NativeProducer(self._servers, Limits(self._servers, self._auto_create))


class NativeProducer:
    """Writes to a cluster outside any group."""

    def __init__(self, servers: Sequence[str], limits: Limits) -> None:
        """Connect with the first record."""
        self._servers = servers
        self._limits = limits
        self._client: Any = None
        self._limit = 0

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Write the records and wait until the broker has them. Raises: TransportError; some may have been
        written then."""
        self._limits.check(records)
        if self._limits.smallest != self._limit:
            self._limit = self._limits.smallest
            self._client = native_producer(self._servers, self._limit)
        failures: list[object] = []
        with native_errors(f"writing {len(records)} records"):
            for record in records:
                produce(self._client, record, failures)
            left = self._client.flush(FLUSH_TIMEOUT)
        if left or failures:
            raise TransportError(
                f"of {len(records)} records {left + len(failures)} were not written: "
                f"{failures[:1] or 'no answer'}"
            )

    def close(self) -> None:
        """Drop the connection; nothing waits to be sent."""
        self._client = None
