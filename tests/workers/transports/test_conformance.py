# SPDX-License-Identifier: Apache-2.0
"""What every transport does alike: writing, reading, groups, commits."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace

import pytest

from tests.workers.transports.helpers import Log, after, copies, drain, poll_until
from workers.settings import Delivery, Start
from workers.transports import (
    FencedError,
    MissingTopicError,
    OutgoingRecord,
    Position,
    RecordTooLargeError,
    TopicPartition,
    TransportError,
)
from workers.transports.partitioner import partition_of

WORDS = [b"w%d" % i for i in range(40)]


def test_a_record_comes_back_as_it_was_written(log: Log) -> None:
    """Key, value, headers and time are kept, and a missing key or value stays missing."""
    topic = log.topic(1)
    sent = [
        OutgoingRecord(
            topic, b"v", b"k", (("a", b"1"), ("a", b""), ("ü", b"\x00\xff")), timestamp_ms=1_700_000_000_123
        ),
        OutgoingRecord(topic, b"", None, ()),
        OutgoingRecord(topic, None, b"k"),
    ]
    log.producer().send(sent)
    read = list(log.transport().read(topic))
    assert [(r.value, r.key, r.headers) for r in read] == [(r.value, r.key, r.headers) for r in sent]
    assert [(r.partition, r.offset) for r in read] == [(0, 0), (0, 1), (0, 2)]
    assert read[0].timestamp_ms == 1_700_000_000_123
    assert abs(read[1].timestamp_ms / 1000 - time.time()) < 60


def test_a_key_decides_the_partition_as_in_kafka(log: Log) -> None:
    """Records of one key are in one partition, the one that Kafka's own clients choose."""
    topic = log.topic(4)
    log.send(topic, WORDS)
    for record in log.transport().read(topic):
        assert record.partition == partition_of(record.key or b"", 4)


def test_an_explicit_partition_wins(log: Log) -> None:
    """A record with a partition goes there; one that the topic does not have is refused."""
    topic = log.topic(4)
    producer = log.producer()
    producer.send([OutgoingRecord(topic, b"v", b"k", partition=3)])
    assert [r.partition for r in log.transport().read(topic)] == [3]
    with pytest.raises(TransportError):
        producer.send([OutgoingRecord(topic, b"v", partition=4)])


def test_records_without_a_key_are_spread(log: Log) -> None:
    """All of them arrive, whatever the partition."""
    topic = log.topic(4)
    log.send(topic, WORDS, keyed=False)
    assert log.values(topic) == sorted(WORDS)


def test_a_commit_writes_outputs_dead_letters_and_positions(log: Log) -> None:
    """After a commit all three are there, and a new member of the group starts behind it."""
    topic, output, dead = log.topic(), log.topic(), log.topic()
    log.send(topic, WORDS)
    options = log.options(topic)
    consumer = log.consumer(options)
    records = drain(consumer, len(WORDS))
    consumer.commit(copies(records[1:], output), copies(records[:1], dead), after(consumer, records))
    consumer.close()
    assert log.values(output) == sorted(r.value or b"" for r in records[1:])
    assert log.values(dead) == [records[0].value]
    log.send(topic, [b"later"])
    assert [r.value for r in drain(log.consumer(options), 1)] == [b"later"]


@pytest.mark.parametrize("step", ["begin", "records", "offsets", "commit"])
def test_a_commit_that_breaks_off_leaves_nothing(log: Log, step: str) -> None:
    """Whatever step it fails at, no output is visible, and after a rewind the same records come and can be
    committed."""
    topic, output = log.topic(), log.topic()
    log.send(topic, WORDS)
    broken = [step]

    def on_step(name: str) -> None:
        if name in broken:
            broken.remove(name)
            raise TransportError("broken off by the test")

    consumer = log.consumer(log.options(topic, on_step=on_step))
    first = drain(consumer, len(WORDS))
    with pytest.raises(TransportError):
        consumer.commit(copies(first, output), [], after(consumer, first))
    assert log.values(output) == []
    consumer.rewind()
    again = drain(consumer, len(WORDS))
    assert sorted(r.offset for r in again) == sorted(r.offset for r in first)
    consumer.commit(copies(again, output), [], after(consumer, again))
    assert log.values(output) == sorted(WORDS)


def test_a_rewind_makes_older_epochs_worthless(log: Log) -> None:
    """What was read before a rewind cannot be committed after it, and nothing of it is written."""
    topic, output = log.topic(), log.topic()
    log.send(topic, WORDS)
    consumer = log.consumer(log.options(topic))
    records = drain(consumer, len(WORDS))
    stale = after(consumer, records)
    consumer.rewind()
    with pytest.raises(FencedError):
        consumer.commit(copies(records, output), [], stale)
    assert log.values(output) == []


def test_a_rewind_goes_back_to_what_was_committed(log: Log) -> None:
    """Committed records do not come again, uncommitted ones do."""
    topic = log.topic(1)
    log.send(topic, WORDS)
    consumer = log.consumer(log.options(topic))
    records = drain(consumer, len(WORDS))
    consumer.commit(
        [], [], {TopicPartition(topic, 0): Position(25, consumer.assignment()[TopicPartition(topic, 0)])}
    )
    consumer.rewind()
    assert [r.offset for r in drain(consumer, 15)] == [r.offset for r in records[25:]]


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_record_that_is_too_large_is_named_and_nothing_is_written(log: Log, delivery: Delivery) -> None:
    """The error tells its place among outputs and dead letters, and the same consumer can go on."""
    topic, output = log.topic(), log.topic()
    log.send(topic, WORDS[:3])
    consumer = log.consumer(log.options(topic, delivery=delivery))
    records = drain(consumer, 3)
    good, positions = copies(records, output), after(consumer, records)
    with pytest.raises(RecordTooLargeError) as raised:
        consumer.commit(good, [good[0]._replace(value=bytes(1_100_000))], positions)
    assert raised.value.index == 3
    assert log.values(output) == []
    consumer.commit(good, [], positions)
    assert log.values(output) == sorted(WORDS[:3])


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_missing_output_topic_is_an_error_soon(log: Log, delivery: Delivery) -> None:
    """It names the topic and those that exist, within seconds; made meanwhile, the next commit goes
    through."""
    topic = log.topic()
    output = f"missing-{topic}"
    log.send(topic, WORDS[:3])
    consumer = log.consumer(log.options(topic, delivery=delivery))
    records = drain(consumer, 3)
    with pytest.raises(TransportError, match=f"{output}.*{topic}"):
        consumer.commit(copies(records, output), [], after(consumer, records))
    log.admin().create_topic(output, 2)
    consumer.commit(copies(records, output), [], after(consumer, records))
    assert log.values(output) == sorted(WORDS[:3])


def test_a_producer_on_a_missing_topic_is_an_error_soon(log: Log) -> None:
    """Nothing waits for a topic that may never come."""
    with pytest.raises(TransportError, match="nowhere"):
        log.producer().send([OutgoingRecord("nowhere", b"v")])


def test_a_consumer_waits_for_its_topic(log: Log) -> None:
    """A missing input topic is no error; records come once it exists."""
    topic = f"late-{log.topic()}"
    consumer = log.consumer(replace(log.options(topic), max_poll_interval=30.0))
    assert consumer.poll(0.2, 10) == []
    log.admin().create_topic(topic, 2)
    log.send(topic, WORDS)
    assert len(drain(consumer, len(WORDS))) == len(WORDS)


def test_a_group_that_starts_at_the_end_sees_only_what_comes(log: Log) -> None:
    """`start="latest"` skips what stands."""
    topic = log.topic()
    log.send(topic, WORDS)
    consumer = log.consumer(log.options(topic, start=Start.LATEST))
    poll_until([consumer], lambda: len(consumer.assignment()) == 4)
    for _ in range(5):
        assert consumer.poll(0.1, 100) == []
    log.send(topic, [b"new"])
    assert [r.value for r in drain(consumer, 1)] == [b"new"]


def test_a_paused_partition_delivers_nothing(log: Log) -> None:
    """Its records come after `resume`, none is lost and none comes twice."""
    topic = log.topic(2)
    consumer = log.consumer(log.options(topic))
    poll_until([consumer], lambda: len(consumer.assignment()) == 2)
    paused = [TopicPartition(topic, 0)]
    consumer.pause(paused)
    producer = log.producer()
    producer.send([OutgoingRecord(topic, word, partition=i % 2) for i, word in enumerate(WORDS)])
    got = drain(consumer, 20)
    got += consumer.poll(0.3, 100)
    assert {r.partition for r in got} == {1}
    consumer.resume(paused)
    got += drain(consumer, 20)
    assert sorted(r.value or b"" for r in got) == sorted(WORDS)


def test_max_records_bounds_a_poll(log: Log) -> None:
    """A poll gives at most as many, the rest comes with the next ones in order."""
    topic = log.topic(1)
    log.send(topic, WORDS)
    consumer = log.consumer(log.options(topic))
    got = []
    while len(got) < len(WORDS):
        records = consumer.poll(0.2, 7)
        assert len(records) <= 7
        got += records
    assert [r.offset for r in got] == list(range(len(WORDS)))


def test_reading_starts_where_it_is_told_and_ends_at_the_end(log: Log) -> None:
    """earliest, latest, an offset, and a limit."""
    topic = log.topic(1)
    log.send(topic, WORDS)
    transport = log.transport()
    assert [r.value for r in transport.read(topic)] == WORDS
    assert [r.value for r in transport.read(topic, "latest")] == []
    assert [r.value for r in transport.read(topic, 30)] == WORDS[30:]
    assert [r.value for r in transport.read(topic, limit=5)] == WORDS[:5]
    with pytest.raises(TransportError, match="nowhere"):
        list(transport.read("nowhere"))
    with pytest.raises(TransportError, match="start"):
        list(transport.read(topic, "middle"))


def test_reading_follows_what_is_written(log: Log) -> None:
    """With `follow` the reader waits for more."""
    topic = log.topic(1)
    log.send(topic, WORDS[:1])
    reader = iter(log.transport().read(topic, follow=True))
    assert next(reader).value == WORDS[0]
    log.send(topic, WORDS[1:2])
    assert next(reader).value == WORDS[1]


def test_reading_as_a_group_goes_on_where_it_stood(log: Log) -> None:
    """What a limited reading handed out is not handed out again."""
    topic = log.topic(1)
    log.send(topic, WORDS)
    transport = log.transport()
    group = f"reader-{topic}"
    assert [r.value for r in transport.read(topic, limit=15, group=group)] == WORDS[:15]
    assert [r.value for r in transport.read(topic, group=group)] == WORDS[15:]


def test_lag_counts_what_is_not_committed(log: Log) -> None:
    """It falls with commits, for the member and for who looks from outside."""
    topic = log.topic(2)
    log.send(topic, WORDS)
    options = log.options(topic)
    consumer = log.consumer(options)
    records = drain(consumer, len(WORDS))
    assert sum(lag.lag for lag in consumer.lag()) == len(WORDS)
    admin = log.admin()
    before = admin.group_lag(options.group, [topic])
    assert [lag.committed for lag in before] == [None, None]
    assert sum(lag.lag for lag in before) == len(WORDS)
    consumer.commit([], [], after(consumer, records))
    assert sum(lag.lag for lag in consumer.lag()) == 0
    assert sum(lag.lag for lag in admin.group_lag(options.group, [topic])) == 0
    with pytest.raises(TransportError, match="nowhere"):
        admin.group_lag(options.group, ["nowhere"])


def test_topics_are_made_once_and_removed(log: Log) -> None:
    """Making a topic again changes nothing; removing an unknown one is an error that lists what exists."""
    topic = log.topic(3)
    admin = log.admin()
    assert admin.create_topic(topic, 5) is False
    log.send(topic, WORDS)
    info = {t.name: t for t in admin.topics()}[topic]
    assert len(info.bounds) == 3
    assert sum(end - first for first, end in info.bounds) == len(WORDS)
    admin.delete_topic(topic)
    assert topic not in {t.name for t in admin.topics()}
    with pytest.raises(TransportError, match=topic):
        admin.delete_topic(topic)


def test_at_least_once_stores_positions_too(log: Log) -> None:
    """A new member goes on behind what was committed."""
    topic, output = log.topic(), log.topic()
    log.send(topic, WORDS)
    options = log.options(topic, delivery=Delivery.AT_LEAST_ONCE)
    consumer = log.consumer(options)
    records = drain(consumer, len(WORDS))
    consumer.commit(copies(records, output), [], after(consumer, records))
    consumer.close()
    log.send(topic, [b"later"])
    assert [r.value for r in drain(log.consumer(options), 1)] == [b"later"]
    assert log.values(output) == sorted(WORDS)


def test_a_topic_is_looked_up_alone(log: Log) -> None:
    """The same bounds as among all topics; one that does not exist is named with those that do."""
    topic = log.topic(3)
    log.send(topic, WORDS)
    found = log.admin().topic(topic)
    assert found in log.admin().topics()
    assert sum(end - first for first, end in found.bounds) == len(WORDS)
    with pytest.raises(MissingTopicError, match=topic):
        log.admin().topic(f"no-{topic}")


def test_an_atomic_producer_writes_all_or_nothing_and_puts_another_out(log: Log) -> None:
    """What it writes comes whole; where a log knows names, an older one of that name can write no more."""
    topic = log.topic(2)
    transport = log.transport()
    with closing(transport.atomic_producer(f"atomic-{topic}")) as older:
        older.send([OutgoingRecord(topic, b"1", partition=0), OutgoingRecord(topic, b"2", partition=1)])
        with closing(transport.atomic_producer(f"atomic-{topic}")) as newer:
            newer.send([OutgoingRecord(topic, b"3", partition=0)])
            if log.address.startswith("kafka"):
                with pytest.raises(FencedError):
                    older.send([OutgoingRecord(topic, b"4", partition=0)])
    assert sorted(record.value for record in transport.read(topic)) == [b"1", b"2", b"3"]
