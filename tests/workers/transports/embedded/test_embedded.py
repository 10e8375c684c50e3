# SPDX-License-Identifier: Apache-2.0
"""What only the embedded log has: a file, its format, its retention."""

from __future__ import annotations

import gc
import sqlite3
import warnings
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from workers.transports import (
    ConsumerOptions,
    OutgoingRecord,
    Position,
    TopicPartition,
    TransportError,
    open_transport,
)
from workers.transports.embedded.transport import EmbeddedTransport


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "log.sqlite"


@pytest.fixture
def transport(path: Path) -> Iterator[EmbeddedTransport]:
    """A log with a topic of one partition."""
    opened = EmbeddedTransport(path)
    admin = opened.admin()
    admin.create_topic("t", 1)
    admin.close()
    yield opened
    opened.close()


def send(transport: EmbeddedTransport, *values: bytes) -> None:
    """Write to t."""
    producer = transport.producer()
    producer.send([OutgoingRecord("t", value) for value in values])
    producer.close()


def leave_open(transport: EmbeddedTransport) -> None:
    """A connection that nobody holds any more."""
    transport.connect()
    gc.collect()


def test_what_was_written_is_there_after_reopening(transport: EmbeddedTransport, path: Path) -> None:
    """Records, topics and positions are in the file."""
    send(transport, b"a", b"b")
    consumer = transport.consumer(ConsumerOptions("g", ("t",)))
    consumer.poll(0, 1)
    consumer.commit(
        [], [], {TopicPartition("t", 0): Position(1, consumer.assignment()[TopicPartition("t", 0)])}
    )
    consumer.close()
    transport.close()
    again = EmbeddedTransport(path)
    later = again.consumer(ConsumerOptions("g", ("t",)))
    assert [r.value for r in later.poll(1, 10)] == [b"b"]
    later.close()
    again.close()


def test_many_writers_at_once_lose_nothing(transport: EmbeddedTransport) -> None:
    """Each waits for the others, offsets have no gaps."""

    def write(name: int) -> None:
        producer = transport.producer()
        for i in range(40):
            producer.send([OutgoingRecord("t", b"%d-%d" % (name, i))])
        producer.close()

    threads = [Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = list(transport.read("t"))
    assert [r.offset for r in records] == list(range(160))
    assert len({r.value for r in records}) == 160


def test_a_large_batch_is_cut_into_blocks(transport: EmbeddedTransport) -> None:
    """Five thousand records of two kilobytes come back in order, from the middle of a block too."""
    send(transport, *(b"%d" % i * 500 for i in range(5000)))
    assert [r.offset for r in transport.read("t", 4321)] == list(range(4321, 5000))


def test_retention_removes_what_is_old_and_a_reader_goes_on_behind_it(
    transport: EmbeddedTransport, caplog: pytest.LogCaptureFixture
) -> None:
    """A group that had not read it is told what it missed."""
    send(transport, b"old1", b"old2")
    consumer = transport.consumer(ConsumerOptions("g", ("t",)))
    consumer.poll(0, 1)
    consumer.commit(
        [], [], {TopicPartition("t", 0): Position(1, consumer.assignment()[TopicPartition("t", 0)])}
    )
    admin = transport.admin()
    assert admin.trim(-1.0) == 2
    send(transport, b"new")
    assert [(r.offset, r.value) for r in transport.read("t")] == [(2, b"new")]
    assert [info.bounds for info in admin.topics()] == [((2, 3),)]
    consumer.rewind()
    assert "offsets 1 to 1 were removed" in caplog.text
    assert [r.value for r in consumer.poll(1, 10)] == [b"new"]
    consumer.close()
    admin.close()


def test_unknown_topics_are_made_where_that_was_chosen(tmp_path: Path) -> None:
    """With `auto_create` partitions, for input and output alike."""
    transport = open_transport(f"embedded:{tmp_path}/", auto_create=3)
    consumer = transport.consumer(ConsumerOptions("g", ("in",)))
    consumer.poll(0, 1)
    consumer.commit([OutgoingRecord("out", b"v")], [], {})
    consumer.close()
    admin = transport.admin()
    assert [(t.name, len(t.bounds)) for t in admin.topics()] == [("in", 3), ("out", 3)]
    admin.close()
    transport.close()
    assert (tmp_path / "log.sqlite").exists()


def test_a_topic_made_again_starts_anew(transport: EmbeddedTransport) -> None:
    """Positions in the removed one are gone with it."""
    send(transport, b"a", b"b")
    consumer = transport.consumer(ConsumerOptions("g", ("t",)))
    assert len(consumer.poll(1, 10)) == 2
    admin = transport.admin()
    admin.delete_topic("t")
    admin.create_topic("t", 1)
    admin.close()
    send(transport, b"c")
    assert [(r.offset, r.value) for r in consumer.poll(1, 10)] == [(0, b"c")]
    consumer.close()


def test_a_file_of_a_newer_format_is_refused(transport: EmbeddedTransport, path: Path) -> None:
    """Rather than misread."""
    transport.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(TransportError, match="format 99"):
        EmbeddedTransport(path)


def test_a_connection_that_nobody_closed_is_told(transport: EmbeddedTransport, path: Path) -> None:
    """On every Python, with the file's name; it is closed then."""
    with pytest.warns(ResourceWarning, match=f"{path} was left open"):
        leave_open(transport)


def test_a_refused_file_leaves_no_connection_open(tmp_path: Path) -> None:
    """Who cannot open a log has nothing to close."""
    path = tmp_path / "text"
    path.write_bytes(b"this is no database" * 100)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with pytest.raises(TransportError):
            EmbeddedTransport(path)
        gc.collect()
    assert [w for w in told if issubclass(w.category, ResourceWarning)] == []


def test_a_file_that_is_no_log_is_named(tmp_path: Path) -> None:
    """The message has its path."""
    path = tmp_path / "text"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(TransportError, match=str(path)):
        EmbeddedTransport(path)


def test_synchronous_is_normal_or_full(path: Path) -> None:
    """Anything else is refused by name."""
    EmbeddedTransport(path, synchronous="FULL").close()
    with pytest.raises(TransportError, match="NORMAL, FULL"):
        EmbeddedTransport(path, synchronous="OFF")


@pytest.mark.parametrize("address", ["", "redis://x", "embedded:", "kafka:host:9092", "kafka://"])
def test_an_address_of_no_known_form_is_refused(address: str) -> None:
    """The message shows the forms that are known."""
    with pytest.raises(TransportError, match="embedded:PATH"):
        open_transport(address)
