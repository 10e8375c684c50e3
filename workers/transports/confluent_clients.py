# SPDX-License-Identifier: Apache-2.0
"""librdkafka's clients with Freshet's settings, and its errors as ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .base import ConsumerOptions, FencedError, OutgoingRecord, TransportError
from .kafka.clients import heartbeat_interval, instance_of

try:
    import confluent_kafka
except ImportError:  # the extra is not installed; who asks for it is told so
    confluent_kafka = None

log = logging.getLogger(__name__)

BATCH_BYTES = 900_000
REGROUPED = ("ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "REBALANCE_IN_PROGRESS")
FENCED = ("_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH", "FENCED_INSTANCE_ID")


class RegroupedError(FencedError):
    """The group was rebalanced during a commit; what was kept may still be committed."""


def native() -> Any:
    """The module. Raises: TransportError where the extra is not installed."""
    if confluent_kafka is None:
        raise TransportError(
            "confluent:// needs librdkafka: pip install 'freshet[kafka-native]', or use kafka://"
        )
    return confluent_kafka


def native_consumer(
    servers: Sequence[str], options: ConsumerOptions, told: Callable[[str, list[Any]], None]
) -> Any:
    """A member of a group; `told` hears of "assigned" and "revoked" partitions, on the thread that polls."""
    settings = {
        **_common(servers),
        "group.id": options.group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": options.start,
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": int(options.session_timeout * 1000),
        "heartbeat.interval.ms": int(heartbeat_interval(options) * 1000),
        "max.poll.interval.ms": int(max(options.max_poll_interval, options.session_timeout) * 1000),
        "fetch.wait.max.ms": 50,
        "queued.max.messages.kbytes": 16_384,
        "allow.auto.create.topics": False,
    }
    if options.slot:
        settings["group.instance.id"] = instance_of(options)
    consumer = native().Consumer(settings, logger=log)
    consumer.subscribe(
        list(options.topics),
        on_assign=lambda _, places: told("assigned", places),
        on_revoke=lambda _, places: told("revoked", places),
        on_lost=lambda _, places: told("revoked", places),
    )
    return consumer


def native_producer(servers: Sequence[str], record_bytes: int, **more: object) -> Any:
    """An idempotent producer whose batches stay below `record_bytes`: librdkafka cuts none that a topic
    refuses."""
    batch = {"batch.size": min(BATCH_BYTES, record_bytes), "message.max.bytes": 2_000_000}
    settings = {
        **_common(servers),
        **batch,
        "enable.idempotence": True,
        "linger.ms": 0,
        "partitioner": "murmur2_random",
        **more,
    }
    return native().Producer(settings, logger=log)


def produce(client: Any, record: OutgoingRecord, failures: list[object]) -> None:
    """Queue a record; where the queue is full wait until there is room."""
    where = {} if record.partition is None else {"partition": record.partition}
    when = {} if record.timestamp_ms is None else {"timestamp": record.timestamp_ms}

    def told(error: object, message: object) -> None:
        if error is not None:
            failures.append(error)

    while True:
        try:
            client.produce(
                record.topic,
                record.value,
                record.key,
                headers=list(record.headers),
                on_delivery=told,
                **where,
                **when,
            )
            return
        except BufferError:
            client.poll(0.1)


@contextmanager
def native_errors(what: str) -> Iterator[None]:
    """Turn librdkafka's errors into ours. Raises: RegroupedError, FencedError, TransportError."""
    try:
        yield
    except native().KafkaException as error:
        cause = error.args[0]
        if cause.name() in FENCED or cause.code() in codes(FENCED):
            raise FencedError(
                f"{what}: another member took this one's place ({cause}); drop the work, rewind or stop"
            ) from error
        if cause.code() in codes(REGROUPED):
            raise RegroupedError(
                f"{what}: the group was rebalanced meanwhile ({cause}); drop the work and rewind"
            ) from error
        raise TransportError(
            f"{what} failed: {cause}; check the brokers and their log (`freshet doctor`)"
        ) from error


def codes(names: Sequence[str]) -> set[int]:
    """librdkafka's numbers of errors."""
    return {getattr(native().KafkaError, name) for name in names}


def _common(servers: Sequence[str]) -> dict[str, Any]:
    return {
        "bootstrap.servers": ",".join(servers),
        "client.id": "freshet",
        "topic.metadata.refresh.interval.ms": 5_000,
        "topic.metadata.propagation.max.ms": 1_000,
        "reconnect.backoff.max.ms": 1_000,
        "log.connection.close": False,
    }
