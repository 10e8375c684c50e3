# SPDX-License-Identifier: Apache-2.0
"""What only Kafka has: other clients, limits of topics, brokers that do not answer."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import confluent_kafka
import pytest
from kafka import KafkaAdminClient, KafkaProducer

from tests.servers.kafka import KafkaBroker, free_port
from tests.workers.transports.helpers import Log, after, copies, copy_until, drain, n_records, poll_until
from workers.transports import (
    ConsumerOptions,
    FencedError,
    OutgoingRecord,
    RecordTooLargeError,
    TransportError,
    open_transport,
)
from workers.transports.kafka import clients as kafka_clients

WORDS = [b"w%d" % i for i in range(40)]


@pytest.fixture
def log(kafka_broker: KafkaBroker) -> Iterator[Log]:
    """The session's broker."""
    opened = Log(f"kafka://{kafka_broker.address}", session_timeout=2.0, max_poll_interval=30.0)
    yield opened
    opened.close()


@pytest.mark.broker
def test_kafkas_own_console_tools_write_the_input_and_read_the_output(
    log: Log, kafka_broker: KafkaBroker
) -> None:
    """The Java producer's texts come out of the Java consumer under read_committed, with key and headers,
    once each."""
    topic, output = log.topic(2, "in"), log.topic(2, "out")
    lines = [f'k{i}:{{"text": "Grüße aus Zürich {i}"}}' for i in range(20)]
    properties = ["--reader-property", "parse.key=true", "--reader-property", "key.separator=:"]
    write = kafka_broker.tool(
        "org.apache.kafka.tools.ConsoleProducer",
        "--bootstrap-server",
        kafka_broker.address,
        "--topic",
        topic,
        *properties,
    )
    subprocess.run(
        write,
        input="\n".join(lines),
        text=True,
        encoding="utf-8",
        check=True,
        timeout=60,
        capture_output=True,
    )
    copy_until(log.consumer(log.options(topic)), output, lambda: n_records(log, output) == len(lines))
    shown = [
        "--formatter-property",
        "print.key=true",
        "--formatter-property",
        "print.headers=true",
        "--formatter-property",
        "key.separator=:",
    ]
    bounds = [
        "--from-beginning",
        "--isolation-level",
        "read_committed",
        "--timeout-ms",
        "40000",
        "--max-messages",
        str(len(lines)),
    ]
    consumer = "org.apache.kafka.tools.consumer.ConsoleConsumer"
    read = kafka_broker.tool(
        consumer, "--bootstrap-server", kafka_broker.address, "--topic", output, *bounds, *shown
    )
    done = subprocess.run(read, check=True, timeout=60, capture_output=True)
    found = [line for line in done.stdout.decode().splitlines() if line.startswith("src:")]
    assert sorted(line.split(":", 4)[-1] for line in found) == sorted(lines)


@pytest.mark.broker
def test_librdkafka_reads_what_was_committed_and_nothing_else(log: Log, kafka_broker: KafkaBroker) -> None:
    """A read_committed consumer that shares no code with ours sees each copy once, whole, in order, also
    where commits failed in between."""
    topic, output = log.topic(1, "in"), log.topic(3, "out")
    log.send(topic, WORDS)
    consumer = log.consumer(log.options(topic, on_step=_refuse_every_third_end()))
    copy_until(consumer, output, lambda: n_records(log, output) == len(WORDS), max_records=7)
    found = _read_committed_by_librdkafka(kafka_broker.address, output, n_partitions=3)
    read = {key: (value, dict(headers)["src"]) for key, value, headers in found}
    assert len(found) == len(WORDS)
    assert read == {word: (word, f"{topic}:0:{i}".encode()) for i, word in enumerate(WORDS)}


@pytest.mark.broker
def test_keys_go_where_the_java_client_puts_them(log: Log, kafka_broker: KafkaBroker) -> None:
    """One key, one partition, whoever writes it."""
    topic = log.topic(8)
    java = kafka_broker.tool(
        "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", kafka_broker.address, "--topic", topic
    )
    java += ["--reader-property", "parse.key=true", "--reader-property", "key.separator=:"]
    subprocess.run(
        java, input=b"\n".join(word + b":java" for word in WORDS), check=True, timeout=60, capture_output=True
    )
    log.send(topic, WORDS)
    places: dict[bytes | None, set[int]] = {}
    for record in log.transport().read(topic):
        places.setdefault(record.key, set()).add(record.partition)
    assert [len(partitions) for partitions in places.values()] == [1] * len(WORDS)


@pytest.mark.broker
def test_a_topics_own_limit_is_respected(log: Log, kafka_broker: KafkaBroker) -> None:
    """A record over `max.message.bytes` is refused before it is sent, so it cannot abort its neighbours again
    and again."""
    topic = log.topic(1)
    small = f"small-{topic}"
    client = KafkaAdminClient(bootstrap_servers=kafka_broker.address)
    client.create_topics(
        {small: {"num_partitions": 1, "configs": {"max.message.bytes": "20000"}}}, wait_for_metadata=True
    )
    client.close()
    log.send(topic, WORDS)
    consumer = log.consumer(log.options(topic))
    records = drain(consumer, len(WORDS))
    fits, too_large = OutgoingRecord(small, bytes(15_000)), OutgoingRecord(small, bytes(19_000))
    with pytest.raises(RecordTooLargeError) as raised:
        consumer.commit([fits, too_large], [], after(consumer, records))
    assert raised.value.index == 1
    consumer.commit([fits] * 3, [], after(consumer, records))
    assert n_records(log, small) == 3


@pytest.mark.broker
def test_readers_do_not_see_open_or_aborted_transactions(log: Log, kafka_broker: KafkaBroker) -> None:
    """Not even when other records stand behind them."""
    topic = log.topic(1)
    other = KafkaProducer(bootstrap_servers=kafka_broker.address, transactional_id=f"other-{topic}")
    other.init_transactions()
    other.begin_transaction()
    other.send(topic, b"never").get(10)
    log.send(topic, [b"always"])
    assert log.values(topic) == []
    other.abort_transaction()
    other.close()
    assert log.values(topic) == [b"always"]


@pytest.mark.broker
def test_partitions_that_nobody_was_given_are_found(log: Log, kafka_broker: KafkaBroker) -> None:
    """A process that takes over a slot is no leader to the broker, so nobody else would see what the dead
    leader did not share out."""
    topic = log.topic(2)
    options = log.options(topic, slot="a")
    leader = log.consumer(options)
    poll_until([leader], lambda: len(leader.assignment()) == 2)
    client = KafkaAdminClient(bootstrap_servers=kafka_broker.address)
    client.create_partitions({topic: 4})
    client.close()
    heir = log.consumer(options)
    poll_until([heir], lambda: len(heir.assignment()) == 4)


@pytest.mark.broker
def test_a_transaction_that_the_broker_ended_does_not_end_its_slot(log: Log) -> None:
    """A worker that stood still in a commit is fenced as if another had its place; it rewinds and goes on."""
    topic, output = log.topic(2), log.topic(2)
    log.send(topic, WORDS)
    naps = [3.0]

    def on_step(step: str) -> None:
        if step == "commit" and naps:
            time.sleep(naps.pop())

    consumer = log.consumer(log.options(topic, slot="a", transaction_timeout=1.0, on_step=on_step))
    records = drain(consumer, len(WORDS))
    with pytest.raises(TransportError):
        consumer.commit(copies(records, output), [], after(consumer, records))
    consumer.rewind()
    copy_until(consumer, output, lambda: n_records(log, output) == len(WORDS))


@pytest.mark.broker
def test_commits_in_quick_succession_do_not_wait_for_each_other_long(log: Log) -> None:
    """kafka-python sleeps between the steps of a transaction; with our setting a hundred small ones take
    seconds, not minutes."""
    topic, output = log.topic(1), log.topic(1)
    log.send(topic, [b"%d" % i for i in range(100)])
    consumer = log.consumer(log.options(topic))
    copy_until(
        consumer,
        output,
        lambda: all(lag.lag == 0 for lag in consumer.lag()) and bool(consumer.assignment()),
        max_records=1,
    )
    assert n_records(log, output) == 100


@pytest.mark.broker
@pytest.mark.slow
def test_brokers_that_want_to_be_told_first_are_told(tmp_path: Path) -> None:
    """Transactions as they were before Kafka 4.0: commits follow on each other, and who lost the slot is
    refused."""
    broker = KafkaBroker(tmp_path, features={"transaction.version": 1})
    broker.start()
    log = Log(f"kafka://{broker.address}", session_timeout=2.0, max_poll_interval=30.0)
    try:
        topic, output = log.topic(1), log.topic(2)
        log.send(topic, WORDS)
        options = log.options(topic, slot="a")
        first = log.consumer(options)
        records = drain(first, len(WORDS))
        for some in (records[:10], records[10:20]):
            first.commit(copies(some, output), [], after(first, some))
        second = log.consumer(options)
        with pytest.raises(FencedError):
            first.commit(copies(records[20:], output), [], after(first, records[20:]))
        copy_until(second, output, lambda: n_records(log, output) == len(WORDS))
    finally:
        log.close()
        broker.stop()


@pytest.mark.broker
def test_a_commit_may_be_larger_than_a_batch(log: Log) -> None:
    """Its records are cut into several batches of the same partition, in order, and the next commit follows
    on."""
    topic, output = log.topic(1), log.topic(1)
    log.send(topic, [b"a", b"b"])
    consumer = log.consumer(log.options(topic))
    records = drain(consumer, 2)
    large = [OutgoingRecord(output, b"%d" % i * 300_000, b"key") for i in range(10)]
    for at, some in ((0, large[:8]), (1, large[8:])):
        consumer.commit(some, [], after(consumer, records[: at + 1]))
    assert [record.value for record in log.transport().read(output)] == [record.value for record in large]


@pytest.mark.parametrize("what", ["admin", "producer", "consumer"])
def test_a_broker_that_is_not_there_is_named(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the bootstrap time, with its address."""
    monkeypatch.setattr(kafka_clients, "TIMEOUT_MS", 500)
    address = f"127.0.0.1:{free_port()}"
    transport = open_transport(f"kafka://{address}")
    options = ConsumerOptions("g", ("t",))
    opened = {
        "admin": transport.admin,
        "producer": transport.producer,
        "consumer": lambda: transport.consumer(options),
    }[what]
    with pytest.raises(TransportError, match=address):
        opened()


def _refuse_every_third_end() -> Callable[[str], None]:
    """Lets every third transaction fail between its records and its end."""
    ends = 0

    def on_step(step: str) -> None:
        nonlocal ends
        ends += step == "commit"
        if step == "commit" and ends % 3 == 2:
            raise FencedError("refused by the test, to leave an open transaction behind")

    return on_step


def _read_committed_by_librdkafka(
    address: str, topic: str, n_partitions: int
) -> list[tuple[bytes, bytes, list[tuple[str, bytes]]]]:
    """Key, value and headers of all committed records, partition after partition."""
    client = confluent_kafka.Consumer(
        {
            "bootstrap.servers": address,
            "group.id": f"reads-{topic}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    client.assign([confluent_kafka.TopicPartition(topic, p, 0) for p in range(n_partitions)])
    found, at_end, deadline = [], set(), time.monotonic() + 60
    while len(at_end) < n_partitions:
        assert time.monotonic() < deadline, f"{at_end} of {n_partitions} partitions were read to the end"
        message = client.poll(1.0)
        if message is None:
            continue
        if message.error() is None:
            found.append((message.key(), message.value(), message.headers() or []))
        elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
            at_end.add(message.partition())
        else:
            raise AssertionError(message.error())
    client.close()
    return found
