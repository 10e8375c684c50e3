# SPDX-License-Identifier: Apache-2.0
"""What all transports refuse alike, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .base import (
    MAX_RECORD_BYTES,
    ConsumerOptions,
    FencedError,
    MissingTopicError,
    OutgoingRecord,
    RecordTooLargeError,
    TransportError,
)


def check_sizes(records: Sequence[OutgoingRecord], max_bytes: int = MAX_RECORD_BYTES) -> None:
    """Refuse records that no log takes, before anything is sent. Raises: RecordTooLargeError for the first of
    them."""
    for index, record in enumerate(records):
        check_size(record, index, max_bytes)


def check_size(record: OutgoingRecord, index: int, max_bytes: int) -> None:
    """Refuse a record that its topic does not take. Raises: RecordTooLargeError with its place, `index`."""
    size = record.n_bytes
    if size > max_bytes:
        raise RecordTooLargeError(
            f"a record for topic {record.topic!r} has {size:,} bytes, at most {max_bytes:,} are taken; "
            "shorten it",
            index,
        )


def missing_topic(name: str, existing: Iterable[str]) -> MissingTopicError:
    """There is no such topic."""
    have = ", ".join(sorted(existing)) or "none"
    return MissingTopicError(
        f"topic {name!r} does not exist (existing: {have}); make it with `freshet topics create {name}`"
    )


def missing_partition(topic: str, partition: int, n_partitions: int) -> TransportError:
    """The topic has fewer partitions."""
    return TransportError(
        f"topic {topic!r} has partitions 0 to {n_partitions - 1}, not {partition}; leave the "
        "partition out or name one of them"
    )


def slot_taken(options: ConsumerOptions) -> FencedError:
    """Another member of the group has this one's place."""
    return FencedError(
        f"another consumer took slot {options.slot!r} of group {options.group!r}; stop this one"
    )
