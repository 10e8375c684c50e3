# SPDX-License-Identifier: Apache-2.0
"""When the Faust app's consumer reads, seeks and subscribes; with a broker: `test_faust_app.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.transport.consumer import Consumer
from faust.types import TP

from workers.corrections import faust_consumer
from workers.corrections.faust_consumer import PatientConsumer, PatientTransport, wait_for_topics

STREAM, CHANGELOG = TP("corrections", 0), TP("test-first-changelog", 0)


def make_app() -> faust.App:
    """An app without a broker."""
    return faust.App("test", broker="kafka://127.0.0.1:1", autodiscover=False)


class Thread:
    """Stands for the thread in which aiokafka runs: what was asked of it."""

    def __init__(self, committed: Mapping[TP, int | None] | None = None) -> None:
        self.committed = dict(committed or {})
        self.read: list[set[TP]] = []
        self.sought_to_beginning: list[TP] = []
        self.while_reading: Callable[[], None] = lambda: None

    async def getmany(self, active: set[TP], timeout: float) -> dict[TP, list[str]]:
        """A record of each partition."""
        self.read.append(active)
        self.while_reading()
        return {place: ["record"] for place in active}

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        """What is committed."""
        return self.committed

    async def seek_to_beginning(self, *places: TP) -> None:
        """Remember these."""
        self.sought_to_beginning += places

    def assignment(self) -> set[TP]:
        """All partitions."""
        return set(self.committed)


def consumer_of(app: faust.App, thread: Thread) -> Any:
    """The consumer of an app with one table, over this thread; nothing is started."""
    app.transport = PatientTransport(app.conf.broker_consumer, app)
    app.Table("first", partitions=1)
    consumer: Any = app.consumer
    assert isinstance(consumer, PatientConsumer)
    consumer._thread.thread_loop.close()
    consumer._thread, app.rebalancing = thread, False
    return consumer


def read(rebalancing: bool, *active: TP, begins: bool = False) -> tuple[list[set[TP]], set[TP]]:
    """What is asked for with these partitions active, and of what records come; `begins`: a rebalance begins
    meanwhile."""

    async def run() -> tuple[list[set[TP]], set[TP]]:
        app, thread = make_app(), Thread()
        consumer = consumer_of(app, thread)
        app.rebalancing = rebalancing
        if begins:
            thread.while_reading = lambda: setattr(app, "rebalancing", True)
        return thread.read, set(await consumer._getmany(set(active), 1.0))

    return asyncio.run(run())


def test_streams_are_read_only_when_a_rebalance_is_over() -> None:
    """Before that, Faust has not sought their positions, and throws away what the agents' queues hold."""
    assert read(True, STREAM, CHANGELOG) == ([{CHANGELOG}], {CHANGELOG})
    assert read(False, STREAM, CHANGELOG) == ([{STREAM, CHANGELOG}], {STREAM, CHANGELOG})


def test_without_an_active_changelog_a_recovery_reads_nothing() -> None:
    """An empty set would mean all partitions to aiokafka."""
    assert read(True, STREAM) == ([], set())


def test_what_was_read_into_a_rebalance_is_passed_over() -> None:
    """The seek of that rebalance brings it again; changelogs have been sought before."""
    assert read(False, STREAM, CHANGELOG, begins=True) == ([{STREAM, CHANGELOG}], {CHANGELOG})


def test_the_partitions_asked_for_do_not_change_while_they_are_waited_for() -> None:
    """Faust pauses and resumes partitions in the set that it hands over."""

    async def run() -> list[set[TP]]:
        thread, active = Thread(), {STREAM}
        consumer = consumer_of(make_app(), thread)
        thread.while_reading = active.clear
        await consumer._getmany(active, 1.0)
        return thread.read

    assert asyncio.run(run()) == [{STREAM}]


def test_a_stream_without_commits_goes_back_to_its_beginning() -> None:
    """aiokafka leaves it where the last read took it; a table's changelog is none of our business."""
    other = TP("corrections", 1)

    async def run() -> list[TP]:
        thread = Thread({STREAM: None, other: 7, CHANGELOG: None})
        await consumer_of(make_app(), thread).perform_seek()
        return thread.sought_to_beginning

    assert asyncio.run(run()) == [STREAM]


def test_a_seek_waits_for_a_read_of_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the read would move a position that was just sought."""
    order = []

    async def getmany(self: Consumer, active: set[TP], timeout: float) -> dict[TP, list[str]]:
        await asyncio.sleep(0.01)
        order.append("read")
        return {}

    async def seek(self: Consumer) -> None:
        order.append("sought")

    monkeypatch.setattr(Consumer, "perform_seek", seek)
    monkeypatch.setattr(faust_consumer.Consumer, "_getmany", getmany)

    async def run() -> None:
        consumer = consumer_of(make_app(), Thread())
        reading = asyncio.ensure_future(consumer._getmany({STREAM}, 1.0))
        await asyncio.sleep(0)
        await consumer.perform_seek()
        await reading

    asyncio.run(run())
    assert order == ["read", "sought"]


class Client:
    """Stands for aiokafka's client; each update of its metadata tells of one topic more."""

    def __init__(self, *topics: str) -> None:
        self.topics, self.n_known = topics, 0
        self.cluster = SimpleNamespace(
            partitions_for_topic=lambda topic: {0} if topic in topics[: self.n_known] else None
        )

    async def set_topics(self, topics: set[str]) -> None:
        """Fetch metadata."""
        await self.force_metadata_update()

    async def force_metadata_update(self) -> None:
        """Fetch metadata."""
        self.n_known += 1


def test_topics_that_were_just_made_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is assigned the partitions of a topic that the broker does not tell of."""
    monkeypatch.setattr(faust_consumer, "LOOK_INTERVAL", 0.0)
    client = Client("a", "b", "c")
    asyncio.run(wait_for_topics(client, {"a", "b", "c"}))
    assert client.n_known == 3


def test_a_topic_that_does_not_come_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app goes on as without this wait."""
    monkeypatch.setattr(faust_consumer, "TOPIC_TIMEOUT", 0.01)
    monkeypatch.setattr(faust_consumer, "LOOK_INTERVAL", 0.001)
    asyncio.run(wait_for_topics(Client("a"), {"a", "b"}))
