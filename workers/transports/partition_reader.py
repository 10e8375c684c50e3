# SPDX-License-Identifier: Apache-2.0
"""Reading the partitions of a topic from places that the reader keeps itself, for logs that live on this
machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .base import Record, TopicPartition, TransportError
from .refusals import missing_topic

Bounds = list[tuple[int, int]]
Fetch = Callable[[TopicPartition, int], list[Record]]
Note = Callable[[Mapping[TopicPartition, int]], None]


class LocalPartitionReader:
    """A `PartitionReader` over functions of a local log: what there is, records from an offset on, and a
    group's offsets."""

    def __init__(
        self,
        topic: str,
        bounds: Callable[[], Bounds],
        fetch: Fetch,
        note: Note,
    ) -> None:
        self._topic = topic
        self._bounds = bounds
        self._fetch = fetch
        self._note = note

    def bounds(self) -> Bounds:
        """First and next offset of each partition; see `PartitionReader.bounds`."""
        bounds = self._bounds()
        if not bounds:
            raise missing_topic(self._topic, [])
        return bounds

    def fetch(self, partition: int, offset: int, max_records: int) -> tuple[list[Record], int]:
        """Records from an offset on; see `PartitionReader.fetch`."""
        check_bounds(self._topic, partition, offset, self.bounds())
        records = self._fetch(TopicPartition(self._topic, partition), offset)[:max_records]
        return records, records[-1].offset + 1 if records else offset

    def note(self, positions: Mapping[int, int]) -> None:
        """Store a group's offsets, for plots of its lag only."""
        self._note(
            {TopicPartition(self._topic, partition): offset for partition, offset in positions.items()}
        )

    def close(self) -> None:
        """Nothing is held."""


def check_bounds(topic: str, partition: int, offset: int, bounds: Bounds) -> None:
    """Refuse to go on where records were lost. Raises: TransportError."""
    if not 0 <= partition < len(bounds):
        raise TransportError(
            f"{topic} has {len(bounds)} partitions, and {partition} is none of them; was the topic made anew?"
        )
    first, end = bounds[partition]
    if not first <= offset <= end:
        what = (
            "were removed before they were read"
            if offset < first
            else "are not there: was the topic made anew?"
        )
        raise TransportError(
            f"{topic}[{partition}] is to be read from offset {offset}, and holds {first} to {end}; records "
            f"{what} Keep the topic for ever (retention.ms=-1), or begin anew with an empty registry"
        )
