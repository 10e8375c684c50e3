# SPDX-License-Identifier: Apache-2.0
"""Topics of a Kafka cluster, their limits, and the lags of groups."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka import IsolationLevel, OffsetSpec
from kafka import TopicPartition as KafkaPartition
from kafka.admin import ConfigResource, MemberToRemove
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    TopicAlreadyExistsError,
)

from ..base import MAX_RECORD_BYTES, PartitionLag, TopicInfo, TopicPartition
from ..refusals import missing_topic
from .clients import TIMEOUT_MS, admin, our_errors
from .cluster import Cluster

FRAME_BYTES = 4_096  # of a broker's limit for a batch: what a record's frame and header names may take


class KafkaAdmin:
    """Topics and lags of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        """Connect. Raises: TransportError where no broker answers."""
        with our_errors(f"connecting to Kafka at {cluster}"):
            self._client = admin(cluster)

    def create_topic(self, name: str, partitions: int) -> bool:
        """Make a topic and wait until it can be used; False where it exists."""
        with our_errors(f"making topic {name!r} with {partitions} partitions"):
            try:
                self._client.create_topics(
                    {name: {"num_partitions": partitions}}, timeout_ms=TIMEOUT_MS, wait_for_metadata=True
                )
            except TopicAlreadyExistsError:
                return False
            return True

    def delete_topic(self, name: str) -> None:
        """Remove a topic. Raises: TransportError where there is none."""
        if name not in self.partitions():
            raise missing_topic(name, self.partitions())
        with our_errors(f"removing topic {name!r}"):
            self._client.delete_topics([name], timeout_ms=TIMEOUT_MS)
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while name in self.partitions() and time.monotonic() < deadline:
            time.sleep(0.02)

    def topics(self) -> list[TopicInfo]:
        """All topics, without Kafka's own."""
        partitions = self.partitions()
        bounds = self._bounds([KafkaPartition(topic, p) for topic, n in partitions.items() for p in range(n)])
        return [
            TopicInfo(topic, tuple(bounds[topic, p] for p in range(n)), has_holes=True)
            for topic, n in sorted(partitions.items())
        ]

    def topic(self, name: str) -> TopicInfo:
        """One topic. Raises: MissingTopicError."""
        partitions = self.partitions()
        if name not in partitions:
            raise missing_topic(name, partitions)
        bounds = self._bounds([KafkaPartition(name, p) for p in range(partitions[name])])
        of_topic = tuple(bounds[name, p] for p in range(partitions[name]))
        return TopicInfo(name, of_topic, has_holes=True)

    def group_lag(self, group: str, topics: Sequence[str]) -> list[PartitionLag]:
        """Lag of a group on these topics; a transaction's end takes an offset too, so it need not be 0 when
        all is read."""
        existing = self.partitions()
        for topic in topics:
            if topic not in existing:
                raise missing_topic(topic, existing)
        places = [KafkaPartition(topic, p) for topic in topics for p in range(existing[topic])]
        bounds = self._bounds(places)
        with our_errors(f"reading the offsets of group {group!r}"):
            found = self._committed(group, places)
        offsets = {place: at.offset for place, at in found.items() if at.offset >= 0}
        return [_lag(TopicPartition(*place), offsets.get(place), *bounds[place]) for place in places]

    def _committed(self, group: str, places: Sequence[KafkaPartition]) -> Mapping[KafkaPartition, Any]:
        """What a group has committed. The first question to a new cluster makes it a place for that, which
        takes a moment."""
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while True:
            try:
                found: Mapping[KafkaPartition, Any] = self._client.list_group_offsets({group: places}).get(
                    group, {}
                )
                return found
            except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def remove_member(self, group: str, instance: str) -> None:
        """Take a member with a fixed name out of its group, which it never leaves by itself."""
        with our_errors(f"leaving group {group!r}"):
            self._client.remove_group_members(group, [MemberToRemove(group_instance_id=instance)])

    def find_unowned(self, group: str, topics: Iterable[str]) -> frozenset[TopicPartition]:
        """The partitions that no member of a stable group has; none while it is shared out anew."""
        existing = self.partitions()
        with our_errors(f"describing group {group!r}"):
            described = self._client.describe_groups([group])[group]
        if described["group_state"] != "Stable":
            return frozenset()
        owned = {
            TopicPartition(assigned["topic"], partition)
            for member in described["members"]
            for assigned in member["member_assignment"]["assigned_partitions"]
            for partition in assigned["partitions"]
        }
        return (
            frozenset(TopicPartition(topic, p) for topic in topics for p in range(existing.get(topic, 0)))
            - owned
        )

    def partitions(self) -> dict[str, int]:
        """Each topic's number of partitions."""
        with our_errors("listing topics"):
            return {
                t["name"]: len(t["partitions"])
                for t in self._client.describe_topics()
                if not t["is_internal"]
            }

    def limits(self, topics: Iterable[str]) -> dict[str, int]:
        """The largest record that each topic takes, in bytes; the default where the broker does not tell."""
        names = list(topics)
        resources = [ConfigResource("TOPIC", name, ["max.message.bytes"]) for name in names]
        try:
            found = self._client.describe_configs(resources, config_filter="all")
        except KafkaError:  # such as no right to read settings
            return dict.fromkeys(names, MAX_RECORD_BYTES)
        settings: dict[str, Any] = next(iter(found.values()), {})
        told = {name: settings.get(name, {}).get("max.message.bytes") for name in names}
        return {name: int(at["value"]) - FRAME_BYTES if at else MAX_RECORD_BYTES for name, at in told.items()}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _bounds(self, places: list[KafkaPartition]) -> dict[tuple[str, int], tuple[int, int]]:
        # Not a consumer's beginning_offsets: that of 3.0.12 leaves out partitions whose leader it has not
        # asked for yet.
        with our_errors("reading the bounds of partitions"):
            first, end = (
                {} if not places else self._offsets(places, spec)
                for spec in (OffsetSpec.EARLIEST, OffsetSpec.LATEST)
            )
        return {(place.topic, place.partition): (first[place], end[place]) for place in places}

    def _offsets(self, places: list[KafkaPartition], spec: OffsetSpec) -> dict[KafkaPartition, int]:
        found = self._client.list_partition_offsets(
            dict.fromkeys(places, spec), IsolationLevel.READ_COMMITTED, TIMEOUT_MS
        )
        return {place: at.offset for place, at in found.items()}


def _lag(place: TopicPartition, committed: int | None, first: int, end: int) -> PartitionLag:
    return PartitionLag(place, committed, end, max(0, end - max(first, committed or 0)))
