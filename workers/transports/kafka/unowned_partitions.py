# SPDX-License-Identifier: Apache-2.0
"""Finds partitions that a Kafka group has left without an owner, and makes the group share them out again.

A cooperative rebalance takes a partition from one member and gives it to the next in a second round, which
the first member asks for. Where that one is killed in between and its process with the same slot takes its
place, the broker calls the group stable and asks nobody: the partition would stand still for ever. The same
holds for partitions that a topic gets while the group's leader is dead.
"""

from __future__ import annotations

import logging
import random
import time

from ..base import ConsumerOptions, TopicPartition, TransportError
from .admin import KafkaAdmin
from .clients import instance_of
from .cluster import Cluster

log = logging.getLogger(__name__)

FIRST_LOOK = 0.5  # seconds after joining
SECOND_LOOK = 1.5  # seconds after they were seen: a hand-over that goes on is over by then
LOOK_EVERY = 30.0  # seconds


class UnownedPartitions:
    """Looks now and then, for a member with a slot; others leave the group by dying, which makes it share out
    anyway."""

    def __init__(self, cluster: Cluster, options: ConsumerOptions) -> None:
        """Nothing is asked before `look`."""
        self._cluster = cluster
        self._options = options
        self._next_look = 0.0 if options.slot else float("inf")
        self._seen: frozenset[TopicPartition] = frozenset()

    def look(self) -> None:
        """Look, where it is time; where partitions have no owner twice in a row leave the group, which lets
        this member join anew."""
        now = time.monotonic()
        if now < self._next_look:
            return
        if self._next_look == 0.0:
            self._next_look = now + FIRST_LOOK
            return
        self._next_look = now + LOOK_EVERY * random.uniform(0.8, 1.2)
        try:
            self._find()
        except TransportError as error:
            log.warning("could not look for partitions without an owner: %s", error)

    def _find(self) -> None:
        administrator = KafkaAdmin(self._cluster)
        try:
            unowned = administrator.find_unowned(self._options.group, self._options.topics)
            if unowned & self._seen:
                log.warning(
                    "group %s left %d partitions without an owner; joining anew",
                    self._options.group,
                    len(unowned),
                )
                administrator.remove_member(self._options.group, instance_of(self._options))
                unowned = frozenset()
        finally:
            administrator.close()
        self._seen = unowned
        if unowned:
            self._next_look = time.monotonic() + SECOND_LOOK
