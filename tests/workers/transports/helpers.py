# SPDX-License-Identifier: Apache-2.0
"""What the tests of transports share: a log under test, a copying worker, and the checker of its outputs."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from workers.transports import (
    Admin,
    Consumer,
    ConsumerOptions,
    FencedError,
    OutgoingRecord,
    Position,
    Producer,
    Record,
    TopicPartition,
    Transport,
)
from workers.transports import open_transport as open_address


@dataclass
class Log:
    """An address under test, with the leases that suit it; what is opened through it is closed with it."""

    address: str
    session_timeout: float
    max_poll_interval: float
    open_transport: Callable[[str], Transport] = open_address
    _opened: list[Transport] = field(default_factory=list)
    _closers: list[Callable[[], None]] = field(default_factory=list)
    _admin: Admin | None = None
    _producer: Producer | None = None

    def transport(self) -> Transport:
        """A transport of its own, as another process would have."""
        transport = self.open_transport(self.address)
        self._opened.append(transport)
        return transport

    def topic(self, partitions: int = 4, prefix: str = "t") -> str:
        """A new topic."""
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        self.admin().create_topic(name, partitions)
        return name

    def admin(self) -> Admin:
        """An admin, one for the test."""
        if self._admin is None:
            self._admin = self.transport().admin()
            self._closers.append(self._admin.close)
        return self._admin

    def producer(self) -> Producer:
        """A producer, one for the test."""
        if self._producer is None:
            self._producer = self.transport().producer()
            self._closers.append(self._producer.close)
        return self._producer

    def send(self, topic: str, values: Iterable[bytes], *, keyed: bool = True) -> None:
        """Write values, each with itself as key."""
        self.producer().send([OutgoingRecord(topic, value, value if keyed else None) for value in values])

    def options(self, *topics: str, group: str = "", **more: object) -> ConsumerOptions:
        """Options of a consumer with short leases."""
        settings: dict[str, object] = {
            "session_timeout": self.session_timeout,
            "max_poll_interval": self.max_poll_interval,
            **more,
        }
        return ConsumerOptions(group=group or f"g-{uuid.uuid4().hex[:8]}", topics=topics, **settings)  # type: ignore[arg-type]

    def consumer(self, options: ConsumerOptions) -> Consumer:
        """A consumer on a transport of its own."""
        consumer = self.transport().consumer(options)
        self._closers.append(consumer.close)
        return consumer

    def values(self, topic: str) -> list[bytes | None]:
        """All committed values of a topic, sorted."""
        if not self.address.startswith(("memory", "embedded")):
            time.sleep(0.3)  # Kafka answers a commit before the last partition has its end of the transaction
        return sorted(
            (record.value for record in self.transport().read(topic)), key=lambda value: value or b""
        )

    def close(self) -> None:
        """Close all."""
        for close in [*reversed(self._closers), *(transport.close for transport in reversed(self._opened))]:
            close()


def drain(consumer: Consumer, n: int, timeout: float = 60.0) -> list[Record]:
    """Poll until `n` records have come."""
    records: list[Record] = []
    deadline = time.monotonic() + timeout
    while len(records) < n:
        assert time.monotonic() < deadline, f"only {len(records)} of {n} records came"
        records += consumer.poll(0.1, 100)
    return records


def poll_until(
    consumers: Sequence[Consumer], reached: Callable[[], bool], timeout: float = 60.0
) -> list[Record]:
    """Poll several consumers in turn until something holds; the records that came."""
    records: list[Record] = []
    deadline = time.monotonic() + timeout
    while not reached():
        assert time.monotonic() < deadline, "the members did not get there"
        for consumer in consumers:
            records += consumer.poll(0.05, 100)
    return records


def after(consumer: Consumer, records: Iterable[Record]) -> dict[TopicPartition, Position]:
    """The positions behind records, under the epochs that hold now."""
    epochs = consumer.assignment()
    return {
        r.topic_partition: Position(r.offset + 1, epochs[r.topic_partition])
        for r in records
        if r.topic_partition in epochs
    }


def copies(records: Iterable[Record], output: str) -> list[OutgoingRecord]:
    """What a copying worker writes: each record with where it came from."""
    return [OutgoingRecord(output, r.value, r.key, (("src", source(r)),)) for r in records]


def source(record: Record) -> bytes:
    """topic:partition:offset."""
    return f"{record.topic}:{record.partition}:{record.offset}".encode()


def copy_until(consumer: Consumer, output: str, done: Callable[[], bool], max_records: int = 20) -> None:
    """Copy records, each batch with its positions in one commit; rewind after a fence."""
    while not done():
        records = consumer.poll(0.05, max_records)
        owned = consumer.assignment()
        records = [r for r in records if r.topic_partition in owned]
        if records:
            try:
                consumer.commit(copies(records, output), [], after(consumer, records))
            except FencedError:
                consumer.rewind()


def assert_copied_once(log: Log, topic: str, output: str) -> None:
    """Every record of the topic has exactly one copy."""
    transport = log.transport()
    wanted = {source(record) for record in transport.read(topic)}
    counts = Counter(dict(record.headers)["src"] for record in transport.read(output))
    assert wanted - counts.keys() == set(), f"lost: {sorted(wanted - counts.keys())[:5]}"
    assert {place: n for place, n in counts.items() if n > 1} == {}, "doubled"
    assert counts.keys() - wanted == set(), "from nowhere"


def n_records(log: Log, topic: str) -> int:
    """How many committed records a topic has."""
    return sum(1 for _ in log.transport().read(topic))


class Latin(str):
    """A text that is sent as Latin-1, as a client in C may send it, whatever is asked for."""

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        """The bytes that are no UTF-8."""
        return super().encode("latin-1")
