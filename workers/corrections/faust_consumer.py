# SPDX-License-Identifier: Apache-2.0
"""A Kafka consumer for the Faust app that closes two gaps of Faust's start (checked with faust-streaming
0.15.3 and aiokafka 0.14).

When tables are recovered, Faust lets its running fetcher read the streams, then looks up and seeks their
committed offsets, then empties the agents' queues. What was read in between is thrown away with the queues,
but its offsets stay marked as read, so it is dropped when it comes again: those records wait for the next
restart, and nothing behind them is committed. Source: faust-streaming/faust issue 596.

And Faust subscribes to changelog topics right after it made them. Where the broker does not tell of one yet,
nobody is assigned its partitions, and the first change of the table ends the app.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from faust.transport.consumer import RecordMap
from faust.transport.drivers.aiokafka import Consumer, Transport, ensure_aiokafka_TP
from faust.types import TP

log = logging.getLogger(__name__)

RECOVERY_TIMEOUT = 0.2
"""Seconds that one read of changelogs may wait: the streams are read no sooner."""
TOPIC_TIMEOUT = 30.0
"""Seconds to wait for the broker to tell of all topics."""
LOOK_INTERVAL = 0.1
"""Seconds between looks."""


class PatientConsumer(Consumer):
    """Subscribes when its broker knows all topics; reads a stream only when a rebalance is over, from the
    committed offset on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reading = asyncio.Lock()

    async def subscribe(self, topics: Iterable[str]) -> None:
        """As always, but wait until all topics have partitions."""
        wanted = set(topics)
        client = self._thread._ensure_consumer()._client
        await self._thread.call_thread(wait_for_topics, client, wanted)
        await super().subscribe(wanted)

    async def perform_seek(self) -> None:
        """As always, but not while streams are read, and to its first record where nothing is committed of a
        stream: aiokafka would leave that one where it is."""
        async with self._reading:
            await super().perform_seek()
            fresh = [place for place in self._streams(self.assignment()) if not self._read_offset[place]]
            if fresh:
                await self._thread.seek_to_beginning(*map(ensure_aiokafka_TP, fresh))

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> RecordMap:
        """Records of these partitions; of changelogs alone while a rebalance is under way.

        Asks for a copy of the set: Faust changes it while it waits, and an empty one means all partitions.
        """
        active = set(active_partitions or ())
        if self._is_rebalancing():
            return await self._read_changelogs(active.difference(self._streams(active)), timeout)
        async with self._reading:
            records = await super()._getmany(active, timeout)
        if not self._is_rebalancing():
            return records
        # One began meanwhile. Its seek is still to come, and these records will come again.
        return {place: found for place, found in records.items() if self._is_changelog_tp(place)}

    async def _read_changelogs(self, changelogs: set[TP], timeout: float) -> RecordMap:
        if not changelogs:
            await self.sleep(LOOK_INTERVAL)
            return {}
        return await super()._getmany(changelogs, min(timeout, RECOVERY_TIMEOUT))

    def _is_rebalancing(self) -> bool:
        return self.app.rebalancing

    def _streams(self, places: Iterable[TP]) -> list[TP]:
        """Those of the partitions that are of no table."""
        return [place for place in places if not self._is_changelog_tp(place)]


class PatientTransport(Transport):
    """Faust's transport with this consumer."""

    Consumer = PatientConsumer


async def wait_for_topics(client: Any, topics: set[str]) -> None:
    """Return when an aiokafka client knows partitions of all topics, or after `TOPIC_TIMEOUT`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + TOPIC_TIMEOUT
    await client.set_topics(topics)
    while missing := [topic for topic in topics if not client.cluster.partitions_for_topic(topic)]:
        if loop.time() >= deadline:
            log.warning("the broker does not tell of %s, it is not waited for", ", ".join(sorted(missing)))
            return
        await asyncio.sleep(LOOK_INTERVAL)
        await client.force_metadata_update()
