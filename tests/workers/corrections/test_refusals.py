# SPDX-License-Identifier: Apache-2.0
"""Dead letters of corrections: each reader's once, whoever falls, and each record back once."""

from __future__ import annotations

import uuid
from contextlib import closing
from pathlib import Path

import pytest

from schemas import DecodeError, parse_dead_letter
from tests.servers.kafka import KafkaBroker
from tests.workers.support import create_topics, write
from tests.workers.trainer.support import TOPIC, Workshop, records
from workers.corrections import Refusals, dead_letter_topic, redrive
from workers.transports import OutgoingRecord, Record, Transport, open_transport
from workers.transports.memory import MemoryTransport

LETTERS = dead_letter_topic(TOPIC)
ERROR = DecodeError("json", "expected JSON, got none")


def log_with(*values: bytes, **options: int) -> MemoryTransport:
    """A log with these values as corrections, in one partition."""
    log = MemoryTransport(**options)
    create_topics(log, 1, [TOPIC])
    write(log, [OutgoingRecord(TOPIC, value) for value in values])
    return log


def places(log: Transport, topic: str = TOPIC) -> list[tuple[str, str]]:
    """Place and stage of each dead letter."""
    found = [parse_dead_letter(record.headers) for record in log.read(dead_letter_topic(topic))]
    return sorted((str(letter.source), letter.stage) for letter in found)


def refuse_all(log: Transport, stage: str = "learn", topic: str = TOPIC) -> None:
    """A reader that can read nothing, from the beginning."""
    with closing(Refusals(log, topic, stage)) as refusals:
        for record in log.read(topic):
            refusals.write(record, ERROR)


def test_a_letter_is_written_once_by_each_reader() -> None:
    """Who begins anew finds what is there; another reader's letter is another one."""
    log = log_with(b"no json", b"nor this")
    for stage in ("learn", "learn", "decode"):
        refuse_all(log, stage)
    found = [(f"{TOPIC}:0:{offset}", stage) for offset in (0, 1) for stage in ("decode", "learn")]
    assert places(log) == found


@pytest.mark.broker
def test_a_letter_is_written_once_to_kafka_too(kafka_broker: KafkaBroker) -> None:
    """The topic is made, looked into and written to at once."""
    address = f"kafka://{kafka_broker.address}"
    topic = f"corrections-{uuid.uuid4().hex[:8]}"
    with closing(open_transport(address)) as log:
        create_topics(log, 2, [topic])
        write(log, [OutgoingRecord(topic, b"no json", partition=1)])
        for _ in range(2):
            refuse_all(log, topic=topic)
        assert places(log, topic) == [(f"{topic}:1:0", "learn")]


def test_the_record_comes_whole_in_its_letter() -> None:
    """Key, value and time as they were, with the reason."""
    log = log_with()
    Refusals(log, TOPIC, "learn").write(Record(TOPIC, 0, 7, 1_000, b"k", b"no json"), ERROR)
    (letter,) = log.read(LETTERS)
    assert (letter.key, letter.value, letter.timestamp_ms) == (b"k", b"no json", 1_000)
    assert parse_dead_letter(letter.headers).exception == "json"


def test_a_letter_that_is_too_large_says_where_the_record_stands() -> None:
    """The headers alone, where the log takes no more."""
    log = log_with(b"x" * 900, max_record_bytes=1_000)
    refuse_all(log)
    (letter,) = log.read(LETTERS)
    assert (letter.value, str(parse_dead_letter(letter.headers).source)) == (b"", f"{TOPIC}:0:0")


def test_nothing_is_made_where_nothing_is_refused() -> None:
    """The topic of dead letters comes with the first one."""
    log = log_with(b"fine")
    Refusals(log, TOPIC, "learn").close()
    assert [info.name for info in log.admin().topics()] == [TOPIC]


def test_a_record_goes_back_once_however_many_letters_tell_of_it() -> None:
    """Else each redrive would double it for each of its readers."""
    log = log_with(b"no json")
    for stage in ("learn", "decode", "reannotate"):
        refuse_all(log, stage)
    assert redrive(log, LETTERS) == 1
    assert [record.value for record in log.read(TOPIC)] == [b"no json"] * 2


def fall_before_commit(step: str) -> None:
    """Ends a trainer that has read, and not yet kept how far."""
    if step == "commit":
        raise InterruptedError


def test_a_trainer_that_falls_doubles_no_letter(tmp_path: Path) -> None:
    """It reads the record again, for no checkpoint has passed it, and finds what it wrote."""
    shop = Workshop(tmp_path)
    shop.send(records(16))
    for _ in range(2):
        with pytest.raises(InterruptedError):
            shop.learn(fall_before_commit, learner__checkpoint_every=1000)
        with closing(open_transport(shop.broker)) as log:
            assert places(log) == [(f"{TOPIC}:0:13", "learn")]
    assert shop.learn().parts.filter.counts["rejected"] == 1
    with closing(open_transport(shop.broker)) as log:
        assert places(log) == [(f"{TOPIC}:0:13", "learn")]
