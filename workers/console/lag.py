# SPDX-License-Identifier: Apache-2.0
"""How far groups are behind, in records and in seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from ..transports import MissingTopicError, PartitionLag, Transport, TransportError
from .tail import READER


@dataclass(frozen=True, slots=True)
class GroupLag:
    """A group's lag in one partition; `seconds`: the age of the first record that it has not read."""

    group: str
    topic: str
    partition: int
    records: int
    end: int
    seconds: float | None


def group_lags(
    transport: Transport, groups: Sequence[tuple[str, str]], now: Callable[[], float] = time.time
) -> list[GroupLag]:
    """The lags of groups, each on its topic; nothing is stored or moved. Raises: TransportError."""
    found = []
    with closing(transport.admin()) as admin:
        known = {topic.name for topic in admin.topics()}
        for group, topic in groups:
            if topic in known:
                for lag in admin.group_lag(group, [topic]):
                    found.append(_one(transport, group, lag, now))
    return found


def _one(transport: Transport, group: str, lag: PartitionLag, now: Callable[[], float]) -> GroupLag:
    topic, partition = lag.topic_partition
    seconds = 0.0 if lag.lag == 0 else _age(transport, topic, partition, lag, now)
    return GroupLag(group, topic, partition, lag.lag, lag.end, seconds)


def _age(
    transport: Transport, topic: str, partition: int, lag: PartitionLag, now: Callable[[], float]
) -> float | None:
    try:
        with closing(transport.partitions(topic, READER)) as reader:
            first = reader.bounds()[partition][0]
            records, _ = reader.fetch(partition, max(first, lag.committed or first), 1)
    except (MissingTopicError, TransportError, IndexError):
        return None
    return None if not records else max(0.0, round(now() - records[0].timestamp_ms / 1000, 1))
