# SPDX-License-Identifier: Apache-2.0
"""Records that a broker, or a client that reads them, has trouble with: they stop no worker."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing

import confluent_kafka
import kafka.codec
import pytest
from kafka import KafkaAdminClient

from tests.servers.kafka import KafkaBroker
from tests.workers.support import annotate_all, settings_for_tests, words_model
from tests.workers.transports.helpers import Latin, Log, after, drain
from workers.cli.topic_counts import RecordCounts, count_records
from workers.settings import Delivery, WorkerSettings
from workers.transports import OutgoingRecord, RecordTooLargeError, TransportError
from workers.transports.kafka.transport import KafkaTransport

pytestmark = pytest.mark.broker
DAY_MS = 86_400_000
FOR_EVER = str(2**63 - 1)


@pytest.fixture
def log(kafka_broker: KafkaBroker) -> Iterator[Log]:
    """The session's broker."""
    opened = Log(f"kafka://{kafka_broker.address}", session_timeout=2.0, max_poll_interval=30.0)
    yield opened
    opened.close()


def create(broker: KafkaBroker, name: str, configs: Mapping[str, str]) -> str:
    """Make a topic of one partition with settings of its own."""
    with closing(KafkaAdminClient(bootstrap_servers=broker.address)) as client:
        topics = {name: {"num_partitions": 1, "configs": dict(configs)}}
        client.create_topics(topics, wait_for_metadata=True)
    return name


def write(broker: KafkaBroker, topic: str, *values: bytes, codec: str = "none", at_ms: int = 0) -> None:
    """Write by another client, as others do."""
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.address, "compression.type": codec})
    for value in values:
        producer.produce(topic, value, timestamp=at_ms)
    assert producer.flush(20) == 0


def test_batches_of_every_codec_are_read(log: Log, kafka_broker: KafkaBroker) -> None:
    """What other producers compress is read, whatever the codec: all come with Freshet."""
    topic, codecs = log.topic(1), ("gzip", "snappy", "lz4", "zstd")
    for codec in codecs:
        write(kafka_broker, topic, *[b"%s %d" % (codec.encode(), i) for i in range(9)], codec=codec)
    read = [record.value for record in log.transport().read(topic)]
    assert read == [b"%s %d" % (codec.encode(), i) for codec in codecs for i in range(9)]


def test_a_batch_that_cannot_be_read_is_told_at_every_poll(
    log: Log, kafka_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poll that met an unreadable batch comes back with the reason, and so does the next one: no poll
    spins."""
    monkeypatch.setattr(kafka.codec, "has_zstd", lambda: False)
    topic = log.topic(1)
    write(kafka_broker, topic, b"some text " * 20, codec="zstd")
    with closing(log.consumer(log.options(topic))) as consumer:
        reasons = list[str]()
        while len(reasons) < 3:
            try:
                consumer.poll(0.2, 100)
            except TransportError as error:
                reasons.append(str(error))
    assert all("type: pip install cramjam" in reason for reason in reasons)


@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize("days", [10, -10], ids=["future", "past"])
def test_a_time_that_the_broker_does_not_take_stops_no_partition(
    log: Log, kafka_broker: KafkaBroker, delivery: Delivery, days: int
) -> None:
    """Texts and poison with a time that the topic of dead letters refuses get their outputs."""
    texts = create(kafka_broker, log.topic(1) + "-timed", {"message.timestamp.after.max.ms": FOR_EVER})
    letters = create(kafka_broker, f"{texts}.dlq", {"message.timestamp.before.max.ms": "3600000"})
    chosen = worker_settings(texts, log.topic(1), delivery)
    at_ms = int(time.time() * 1000) + days * DAY_MS
    write(kafka_broker, texts, b'{"text":"good"}', b"{ bad", b'{"text":"also good"}', at_ms=at_ms)
    found, code = annotate_all(KafkaTransport([kafka_broker.address]), chosen, words_model())
    (letter,) = found.dead_letters
    assert (found.lost, code, letter.topic) == (set(), 0, letters)
    assert found.exact or delivery is Delivery.AT_LEAST_ONCE
    assert abs(letter.timestamp_ms / 1000 - time.time()) < 3600


def worker_settings(texts: str, annotations: str, delivery: Delivery) -> WorkerSettings:
    """A worker between two topics."""
    return settings_for_tests(
        input_topic=texts, output_topic=annotations, group=f"g-{texts}", delivery=delivery
    )


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_topic_may_take_more_than_others(log: Log, kafka_broker: KafkaBroker, delivery: Delivery) -> None:
    """`max.message.bytes` of the topic is the limit, not a number of ours."""
    large = create(kafka_broker, log.topic(1) + "-large", {"max.message.bytes": "3000000"})
    texts = log.topic(1)
    log.send(texts, [b"x"])
    with closing(log.consumer(log.options(texts, delivery=delivery))) as consumer:
        records = drain(consumer, 1)
        consumer.commit([OutgoingRecord(large, bytes(2_900_000))], [], after(consumer, records))
        with pytest.raises(RecordTooLargeError):
            consumer.commit([OutgoingRecord(large, bytes(3_000_000))], [], {})
    assert [len(record.value or b"") for record in log.transport().read(large)] == [2_900_000]


def test_records_are_counted_and_markers_are_not(log: Log, kafka_broker: KafkaBroker) -> None:
    """The end of a transaction takes an offset, and is no record."""
    topic = log.topic(1)
    transport = log.transport()
    with closing(transport.atomic_producer(f"a-{topic}")) as producer:
        for _ in range(3):
            producer.send([OutgoingRecord(topic, b"x"), OutgoingRecord(topic, b"y")])
    info = log.admin().topic(topic)
    assert info.bounds == ((0, 9),)
    assert count_records(transport, info) == RecordCounts((6,))


def test_names_of_headers_that_are_not_utf8_stop_no_partition(log: Log, kafka_broker: KafkaBroker) -> None:
    """Kafka takes any bytes as a header's name: they are written out, in texts and in dead letters, and what
    stands behind is annotated."""
    texts = log.topic(1)
    producer = kafka.KafkaProducer(bootstrap_servers=kafka_broker.address)
    for value in (b'{"text":"a"}', b"{ bad", b'{"text":"b"}'):
        producer.send(texts, value, headers=[(Latin("n\xff"), b"\xfe"), ("trace", b"1")])
    producer.flush(20)
    producer.close()
    read = list(log.transport().read(texts))
    assert [record.headers for record in read] == [(("n\\xff", b"\xfe"), ("trace", b"1"))] * 3
    create(kafka_broker, f"{texts}.dlq", {})
    chosen = worker_settings(texts, log.topic(1), Delivery.EXACTLY_ONCE)
    found, code = annotate_all(KafkaTransport([kafka_broker.address]), chosen, words_model())
    assert (found.lost, code, len(found.annotations), len(found.dead_letters)) == (set(), 0, 2, 1)
    assert found.exact
    assert ("n\\xff", b"\xfe") in found.dead_letters[0].headers
