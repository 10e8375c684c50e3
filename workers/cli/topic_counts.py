# SPDX-License-Identifier: Apache-2.0
"""How many records a topic has. Offsets do not tell on Kafka: the ends of transactions take some, and what
was compacted leaves holes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..transports import TopicInfo, Transport

COUNTED = 50_000
"""Offsets of a topic up to which its records are read to be counted: about a second."""


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """Records by partition; where they are not `exact`, no more than these."""

    by_partition: tuple[int, ...]
    exact: bool = True

    @property
    def total(self) -> int:
        """Of all partitions."""
        return sum(self.by_partition)

    def shown(self, count: int) -> str:
        """A count for people."""
        return f"{count:,}" if self.exact else f"<= {count:,}"


def count_records(transport: Transport, topic: TopicInfo) -> RecordCounts:
    """The records that readers of committed records see."""
    spans = tuple(end - first for first, end in topic.bounds)
    if not topic.has_holes or not sum(spans):
        return RecordCounts(spans)
    if sum(spans) > COUNTED:
        return RecordCounts(spans, exact=False)
    found = Counter(record.partition for record in transport.read(topic.name))
    return RecordCounts(tuple(found[partition] for partition in range(len(spans))))
