# SPDX-License-Identifier: Apache-2.0
"""Which topics of a cluster exist, and how large a record of each may be."""

from __future__ import annotations

from collections.abc import Sequence

from ..base import MAX_RECORD_BYTES, OutgoingRecord, TransportError
from ..refusals import check_size, missing_topic
from .admin import FRAME_BYTES, KafkaAdmin
from .cluster import Cluster


class TopicLimits:
    """Which topics exist and what they take: asked once for each, before its first record; a client would
    wait for it to appear."""

    def __init__(self, cluster: Cluster, auto_create: int) -> None:
        """Unknown topics are made with `auto_create` partitions; 0 refuses them."""
        self._cluster = cluster
        self._auto_create = auto_create
        self._known: dict[str, int] = {}

    def check(self, records: Sequence[OutgoingRecord]) -> None:
        """Refuse what could never be written. Raises: TransportError for an unknown topic,
        RecordTooLargeError."""
        new = {record.topic for record in records} - self._known.keys()
        if new:
            self._learn(new)
        for index, record in enumerate(records):
            check_size(record, index, self._known[record.topic])
            if record.key is None and record.value is None:
                raise TransportError(
                    f"a record for topic {record.topic!r} has neither key nor value; Kafka takes none such"
                )

    def batch_bytes(self, topic: str) -> int:
        """What a batch for a topic may take, in bytes."""
        return self._known.get(topic, MAX_RECORD_BYTES) + FRAME_BYTES

    def forget(self) -> None:
        """Ask again: a topic may have gone."""
        self._known = {}

    def _learn(self, topics: set[str]) -> None:
        administrator = KafkaAdmin(self._cluster)
        try:
            existing = administrator.partitions()
            for topic in sorted(topics - existing.keys()):
                if not self._auto_create:
                    raise missing_topic(topic, existing)
                administrator.create_topic(topic, self._auto_create)
            self._known.update(administrator.limits(topics))
        finally:
            administrator.close()
