# SPDX-License-Identifier: Apache-2.0
"""Writing records to Kafka outside any transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka.errors import KafkaError

from ..base import OutgoingRecord
from .clients import our_errors, producer
from .internals import force_close
from .topic_limits import TopicLimits

log = logging.getLogger(__name__)


class KafkaProducer:
    """Writes to a cluster outside any group."""

    def __init__(self, servers: Sequence[str], limits: TopicLimits, delivery_timeout: float = 30.0) -> None:
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
    force_close(client)
