# SPDX-License-Identifier: Apache-2.0
"""Reading the partitions of a Kafka topic from places that the reader keeps itself: assign and seek, never
subscribe."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping

from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition
from kafka.structs import OffsetAndMetadata

from ..base import Record, TransportError
from ..partition_reader import Bounds, check_bounds
from ..refusals import missing_topic
from .clients import TIMEOUT_MS, our_errors, seeking_consumer
from .cluster import Cluster
from .consumer import record_of
from .internals import poll_records

PATIENCE = 10.0  # seconds that the broker may take for a record that is known to be there
AT_ONCE = 500
POLL = 0.1  # seconds


class KafkaPartitionReader:
    """A `PartitionReader`: an offset that the broker has no more is an error, no reason to begin somewhere
    else."""

    def __init__(self, cluster: Cluster, topic: str, group: str) -> None:
        """Look the topic up. Raises: TransportError where it is missing or no broker answers."""
        self._topic = topic
        with our_errors(f"reading {topic}"):
            self._client: KafkaConsumer = seeking_consumer(cluster, group)
            numbers = self._client.partitions_for_topic(topic)
            if not numbers:
                raise missing_topic(topic, sorted(self._client.topics()))
            self._places = [KafkaPartition(topic, number) for number in sorted(numbers)]
            self._client.assign(self._places)
            for place in self._places:
                self._client.seek_to_beginning(place)
        self._ready: dict[int, deque[Record]] = {place.partition: deque() for place in self._places}
        self._next: dict[int, int] = {}

    def bounds(self) -> Bounds:
        """First and next offset of each partition; see `PartitionReader.bounds`."""
        with our_errors(f"reading {self._topic}"):
            first, end = self._client.beginning_offsets(self._places), self._client.end_offsets(self._places)
        return [(first[place], end[place]) for place in self._places]

    def fetch(self, partition: int, offset: int, max_records: int) -> tuple[list[Record], int]:
        """Records from an offset on; see `PartitionReader.fetch`."""
        bounds = self.bounds()
        check_bounds(self._topic, partition, offset, bounds)
        ready = self._ready[partition]
        if self._next.get(partition) != offset:
            ready.clear()
            with our_errors(f"reading {self._topic}"):
                self._client.seek(self._places[partition], offset)
        deadline = time.monotonic() + PATIENCE
        while not ready and self._position(partition) < bounds[partition][1] and time.monotonic() < deadline:
            self._poll()
        records = [ready.popleft() for _ in range(min(max_records, len(ready)))]
        self._next[partition] = records[-1].offset + 1 if records else self._position(partition)
        return records, self._next[partition]

    def note(self, positions: Mapping[int, int]) -> None:
        """Store a group's offsets, for plots of its lag only."""
        offsets = {
            self._places[partition]: OffsetAndMetadata(offset, "", -1)
            for partition, offset in positions.items()
        }
        with our_errors(f"storing offsets of {self._topic}"):
            self._client.commit(offsets, timeout_ms=TIMEOUT_MS)

    def close(self) -> None:
        """Drop the connection."""
        self._client.close(autocommit=False, timeout_ms=TIMEOUT_MS)

    def _poll(self) -> None:
        with our_errors(f"reading {self._topic}"):
            for place, found in poll_records(self._client, POLL, AT_ONCE).items():
                self._ready[place.partition].extend(record_of(raw) for raw in found)

    def _position(self, partition: int) -> int:
        with our_errors(f"reading {self._topic}"):
            position: int | None = self._client.position(self._places[partition], timeout_ms=TIMEOUT_MS)
        if position is None:
            raise TransportError(
                f"the broker did not say where {self._topic}[{partition}] stands; check it (`freshet doctor`)"
            )
        return position
