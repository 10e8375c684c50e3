# SPDX-License-Identifier: Apache-2.0
"""`freshet read` waits for a first record, says so, and looks at nothing but its topic."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.servers.kafka import KafkaBroker
from workers.transports import OutgoingRecord, open_transport

from .conftest import Run

LOG = "embedded:./.freshet"


@contextmanager
def _written_later(value: bytes, *, make_topic: bool = False, after: float = 0.6) -> Iterator[None]:
    """Somebody writes to the topic `later` while the block reads."""

    def write() -> None:
        time.sleep(after)
        with (
            closing(open_transport(LOG, auto_create=int(make_topic))) as transport,
            closing(transport.producer()) as producer,
        ):
            producer.send([OutgoingRecord("later", value)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        writer.join()


def test_a_first_record_is_waited_for(run: Run) -> None:
    """An empty topic is no answer yet: stderr says what is waited for, stdout has the record once it came."""
    run("topics", "create", "later", "--partitions", 1)
    with _written_later(b'{"text":"a"}'):
        result = run("read", "later", "--limit", 1)
    assert result.stdout == '{"text":"a"}\n'
    assert "waiting up to 10 s for a first record of 'later' ..." in result.stderr
    assert result.exit_code == 0


def test_a_topic_that_is_yet_to_be_made_is_waited_for(run: Run) -> None:
    """Right after `freshet annotate` started there may be no topic either."""
    run("topics", "create", "another")
    with _written_later(b'{"text":"a"}', make_topic=True):
        result = run("read", "later", "--limit", 1)
    assert result.stdout == '{"text":"a"}\n'
    assert "a first record of 'later', which does not exist yet ..." in result.stderr


def test_a_record_that_never_comes_is_said_at_the_end(run: Run) -> None:
    """An empty topic is read to its end: exit code 0, and a remark that nothing came."""
    run("topics", "create", "later")
    result = run("read", "later", "--wait", 0.3)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no record of 'later' came in 0.3 s" in result.stderr


def test_a_topic_that_never_comes_is_an_error(run: Run) -> None:
    """Exit code 1, and the topics that there are."""
    run("topics", "create", "texts")
    result = run("read", "later", "--wait", 0.3)
    assert result.exit_code == 1
    assert "topic 'later' does not exist (existing: texts)" in result.stderr


@pytest.mark.parametrize("options", [("--wait", 0), ("--from", "latest"), ("--limit", 0)])
def test_nobody_waits_who_did_not_ask_for_a_record(run: Run, options: tuple[object, ...]) -> None:
    """`--wait 0` looks once; from the log's end on, or of no records, there is no first one."""
    run("topics", "create", "later")
    began = time.monotonic()
    result = run("read", "later", *options)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert time.monotonic() - began < 5


def test_records_that_are_there_are_not_waited_for(run: Run) -> None:
    """Nothing goes to stderr."""
    run("topics", "create", "later")
    with _written_later(b'{"text":"a"}', after=0.0):
        pass
    result = run("read", "later")
    assert (result.stdout, result.stderr) == ('{"text":"a"}\n', "")


@pytest.mark.broker
def test_reading_a_topic_of_kafka_asks_for_no_other_topics_offsets(
    kafka_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster may have thousands of topics: two requests for offsets, of this one's partitions."""
    from workers.transports.kafka.admin import KafkaAdmin

    asked: list[set[str]] = []
    ask = KafkaAdmin._offsets

    def note(self: KafkaAdmin, places: list[tuple[str, int]], spec: object) -> object:
        asked.append({topic for topic, _ in places})
        return ask(self, places, spec)

    with closing(open_transport(f"kafka://{kafka_broker.address}", auto_create=2)) as transport:
        with closing(transport.producer()) as producer:
            producer.send([OutgoingRecord(topic, b"v") for topic in ("one-topic", "another-topic")])
        monkeypatch.setattr(KafkaAdmin, "_offsets", note)
        assert [record.value for record in transport.read("one-topic")] == [b"v"]
    assert asked == [{"one-topic"}] * 2
