# SPDX-License-Identifier: Apache-2.0
"""Reads a topic from a place on, outside any group or as a group that remembers how far it came."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice

from ..settings import Delivery, Start
from .base import (
    ConsumerOptions,
    MissingTopicError,
    PartitionLag,
    Position,
    Record,
    TopicInfo,
    TopicPartition,
    Transport,
    TransportError,
)

FOLLOW_PAUSE = 0.02
"""Seconds between looks at a log that has nothing new."""
AWAIT_PAUSE = 0.2
"""Seconds between looks for a first record, or for its topic."""
GROUP_PATIENCE = 15.0
"""Seconds without a record after which a group's reading ends: other members may own the rest."""
Fetch = Callable[[TopicPartition, int], list[Record]]


def read_committed(
    transport: Transport,
    fetch: Fetch,
    topic: str,
    start: str | int,
    *,
    follow: bool,
    limit: int | None,
    group: str | None,
) -> Iterator[Record]:
    """Records of a topic for a log whose `fetch` returns some records from an offset on, none at the end.

    Raises: TransportError for an unknown topic or start.
    """
    info = topic_info(transport, topic)
    if group is not None:
        return read_as_group(transport, info, group, start, follow=follow, limit=limit)
    positions = {TopicPartition(topic, p): offset_of(start, *bounds) for p, bounds in enumerate(info.bounds)}
    ends = None if follow else {TopicPartition(topic, p): end for p, (_, end) in enumerate(info.bounds)}
    return islice(_read_plainly(fetch, positions, ends), limit)


def await_first(
    read: Callable[[], Iterable[Record]], wait: float, on_wait: Callable[[bool], None]
) -> Iterator[Record]:
    """What `read` returns, called again and again until it has a first record or `wait` seconds are over.

    `on_wait` is called once, as soon as it is clear that there is none yet; its argument: is there such a
    topic? Raises: MissingTopicError where there is none at the end either.
    """
    deadline, said = time.monotonic() + wait, False
    while True:
        missing: MissingTopicError | None = None
        try:
            records = iter(read())
            for first in records:
                yield first
                yield from records
                return
        except MissingTopicError as error:
            missing = error
        if time.monotonic() >= deadline:
            break
        if not said:
            on_wait(missing is None)
            said = True
        time.sleep(AWAIT_PAUSE)
    if missing is not None:
        raise missing


def topic_infos(transport: Transport) -> dict[str, TopicInfo]:
    """All topics, by name."""
    with closing(transport.admin()) as admin:
        return {info.name: info for info in admin.topics()}


def topic_info(transport: Transport, topic: str) -> TopicInfo:
    """What is known of a topic. Raises: MissingTopicError."""
    with closing(transport.admin()) as admin:
        return admin.topic(topic)


def offset_of(start: str | int, first: int, end: int) -> int:
    """The offset that a start means in a partition with these bounds. Raises: TransportError."""
    if start == Start.EARLIEST:
        return first
    if start == Start.LATEST:
        return end
    if isinstance(start, int) and start >= 0:
        return min(max(start, first), end)
    raise TransportError(f"start must be 'earliest', 'latest' or an offset from 0 on, not {start!r}")


def read_as_group(
    transport: Transport, info: TopicInfo, group: str, start: str | int, *, follow: bool, limit: int | None
) -> Iterator[Record]:
    """Records from where the group stands; what was handed out is committed when more is asked for, or when
    the limit is reached."""
    if start not in tuple(Start):
        raise TransportError(
            f"a group starts where it stands, else at 'earliest' or 'latest', not at {start!r}; leave "
            "the group out to choose an offset"
        )
    options = ConsumerOptions(
        group=group,
        topics=(info.name,),
        start=Start(str(start)),
        session_timeout=10.0,
        delivery=Delivery.AT_LEAST_ONCE,
    )
    consumer = transport.consumer(options)
    left = sys.maxsize if limit is None else limit
    quiet_since = time.monotonic()
    try:
        while left > 0:
            records = consumer.poll(0.2, min(500, left))
            if records:
                yield from records
                left -= len(records)
                consumer.commit([], [], _positions_after(records, consumer.assignment()))
                quiet_since = time.monotonic()
            elif not follow and (
                _caught_up(consumer.lag()) or time.monotonic() - quiet_since > GROUP_PATIENCE
            ):
                return
    finally:
        consumer.close()


def _positions_after(
    records: list[Record], epochs: Mapping[TopicPartition, int]
) -> dict[TopicPartition, Position]:
    return {
        r.topic_partition: Position(r.offset + 1, epochs[r.topic_partition])
        for r in records
        if r.topic_partition in epochs
    }


def _caught_up(lags: list[PartitionLag]) -> bool:
    return bool(lags) and all(lag.lag == 0 for lag in lags)


def _read_plainly(
    fetch: Fetch, positions: dict[TopicPartition, int], ends: dict[TopicPartition, int] | None
) -> Iterator[Record]:
    while True:
        found = False
        for place in list(positions):
            records = fetch(place, positions[place])
            if ends is not None:
                records = [r for r in records if r.offset < ends[place]]
            if records:
                found = True
                positions[place] = records[-1].offset + 1
                yield from records
        if not found and ends is not None:
            return
        if not found:
            time.sleep(FOLLOW_PAUSE)
