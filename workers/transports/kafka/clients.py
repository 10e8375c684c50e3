# SPDX-License-Identifier: Apache-2.0
"""kafka-python's clients with Freshet's settings, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import (
    CommitFailedError,
    FencedInstanceIdError,
    IllegalGenerationError,
    InvalidProducerEpochError,
    KafkaError,
    ProducerFencedError,
    RebalanceInProgressError,
    UnknownMemberIdError,
    UnsupportedCodecError,
)

from ..base import ConsumerOptions, FencedError, TransportError
from ..codecs import advice
from .batch_codecs import read_by_cramjam
from .cluster import Cluster
from .header_names import read_any_header_name
from .transactions import Transactions

read_by_cramjam()
read_any_header_name()

REGROUPED = (CommitFailedError, IllegalGenerationError, UnknownMemberIdError, RebalanceInProgressError)
FENCED = (ProducerFencedError, InvalidProducerEpochError, FencedInstanceIdError)
BATCH_BYTES = 256 << 10
"""Idempotence allows one batch in flight for each partition, so small ones would be slow."""
REQUEST_BYTES = 100 << 20
"""What a broker takes in one request by default; each topic's own limit is looked at before."""
LINGER_MS = 50
"""Full batches only: whoever writes flushes when all records are handed over, so nothing waits for it."""
RETRY_MS = 10
"""Between tries where a broker is not ready."""
TIMEOUT_MS = 10_000
"""For calls that a person waits for."""


def group_consumer(cluster: Cluster, options: ConsumerOptions, listener: object) -> KafkaConsumer:
    """A member of a group that reads committed records only and commits nothing by itself."""
    consumer = KafkaConsumer(
        **_common(cluster),
        **_fetching(),
        group_id=options.group,
        group_instance_id=instance_of(options) if options.slot else None,
        auto_offset_reset=options.start.value,
        partition_assignment_strategy=(CooperativeStickyAssignor,),
        max_poll_interval_ms=int(options.max_poll_interval * 1000),
        session_timeout_ms=int(options.session_timeout * 1000),
        heartbeat_interval_ms=int(heartbeat_interval(options) * 1000),
        metadata_max_age_ms=5_000,  # a topic that appears, or grows, is seen so soon
    )
    consumer.subscribe(list(options.topics), listener=listener)
    return consumer


def heartbeat_interval(options: ConsumerOptions) -> float:
    """Seconds between heartbeats. They are how a member hears of a rebalance, in which partitions wait for
    the last one to hear of it, twice; Kafka's usual 3 s were 4 s of silence for each worker that was
    replaced."""
    return min(0.3, options.session_timeout / 4)


def instance_of(options: ConsumerOptions) -> str:
    """The fixed name of a member with a slot: its next process takes its place without a rebalance
    (KIP-345)."""
    return f"{options.group}-{options.slot}"


def plain_consumer(cluster: Cluster) -> KafkaConsumer:
    """A reader of committed records outside any group."""
    return KafkaConsumer(**_common(cluster), **_fetching(), group_id=None, auto_offset_reset="earliest")


def seeking_consumer(cluster: Cluster, group: str) -> KafkaConsumer:
    """A reader of committed records that is told where to read; the group is for noting its offsets, it never
    joins."""
    return KafkaConsumer(**_common(cluster), **_fetching(), group_id=group, auto_offset_reset="none")


def producer(cluster: Cluster, *, delivery_timeout: float) -> KafkaProducer:
    """An idempotent producer."""
    return KafkaProducer(
        **_common(cluster),
        retry_backoff_ms=RETRY_MS,
        batch_size=BATCH_BYTES,
        max_request_size=REQUEST_BYTES,
        linger_ms=LINGER_MS,
        max_block_ms=TIMEOUT_MS,
        request_timeout_ms=min(TIMEOUT_MS, int(delivery_timeout * 1000)),
        delivery_timeout_ms=int(delivery_timeout * 1000) + LINGER_MS,
        allow_auto_create_topics=False,
    )


def transactions(cluster: Cluster, transactional_id: str, transaction_timeout: float) -> Transactions:
    """A transactional producer, not opened yet."""
    settings = {
        **_common(cluster),
        "client_id": "freshet-commit",
        "retry_backoff_ms": RETRY_MS,
        "request_timeout_ms": TIMEOUT_MS,
    }
    return Transactions(settings, transactional_id, transaction_timeout)


def admin(cluster: Cluster) -> KafkaAdminClient:
    """A client for topics and offsets."""
    return KafkaAdminClient(
        **cluster.client_settings(),
        client_id="freshet",
        bootstrap_timeout_ms=TIMEOUT_MS,
        request_timeout_ms=TIMEOUT_MS,
    )


@contextmanager
def our_errors(what: str) -> Iterator[None]:
    """Turn kafka-python's errors into ours; `what` says in words what was tried. Raises: FencedError,
    TransportError."""
    try:
        yield
    except (KafkaError, OSError, ValueError, AssertionError) as error:
        cause = root_of(error)
        if isinstance(cause, FENCED):
            raise FencedError(
                f"{what}: another member took this one's place ({_name(cause)}); drop the work, rewind or "
                "stop"
            ) from cause
        if isinstance(cause, REGROUPED):
            raise FencedError(
                f"{what}: the group was rebalanced meanwhile ({_name(cause)}); drop the work and rewind"
            ) from cause
        if isinstance(cause, UnsupportedCodecError):
            raise TransportError(f"{what}: a batch is compressed, {cause}; {advice()}") from error
        raise TransportError(
            f"{what} failed: {_name(error)}; check the brokers and their log (`freshet doctor`)"
        ) from error


def root_of(error: BaseException) -> BaseException:
    """The error that a producer met first: later calls raise a plain KafkaError that carries it among its
    arguments."""
    carried = [argument for argument in error.args if isinstance(argument, KafkaError)]
    return root_of(carried[0]) if carried else error


def _common(cluster: Cluster) -> dict[str, Any]:
    return {
        **cluster.client_settings(),
        "client_id": "freshet",
        "bootstrap_timeout_ms": TIMEOUT_MS,
        "reconnect_backoff_max_ms": 1000,
        "metrics_enabled": False,
    }


def _fetching() -> dict[str, Any]:
    return {
        "enable_auto_commit": False,
        # Also for input without transactions: only then are pending offsets waited for.
        "isolation_level": "read_committed",
        "allow_auto_create_topics": False,
        "fetch_max_wait_ms": 50,
        "fetch_max_bytes": 16 << 20,
        "max_partition_fetch_bytes": 1 << 20,
    }


def _name(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
