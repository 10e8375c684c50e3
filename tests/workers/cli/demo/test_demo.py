# SPDX-License-Identifier: Apache-2.0
"""The demo's stream: which outcomes are its own, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from schemas import DeadLetter, Source, dead_letter_headers, source_header
from workers.cli.demo.outcomes import Tally
from workers.cli.demo.stream import DemoStream
from workers.errors import WorkerError
from workers.settings import WorkerSettings
from workers.transports.base import OutgoingRecord, Transport
from workers.transports.memory import MemoryTransport

SETTINGS = WorkerSettings(broker="memory:demo")
TEXTS = [b'{"id":"a","text":"one"}', b'{"id":"b","text":"two"}']


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Iterator[Transport]:
    """A log in memory, the test's own, with one old text in it."""
    transport = MemoryTransport(f"demo-{request.node.name}")
    admin = transport.admin()
    for topic in ("texts", "annotations", "texts.dlq"):
        admin.create_topic(topic, 1)
    transport.producer().send([OutgoingRecord("texts", b'{"id":"old","text":"old"}')])
    yield transport
    transport.close()


def _annotation(offset: int) -> OutgoingRecord:
    model = {"name": "m", "version": "1", "digest": "d"}
    row = {
        "id": "x",
        "text": "one",
        "tokens": {"start": [0]},
        "ents": [{"start": 0, "end": 3, "label": "LOC"}],
        "model": model,
    }
    return OutgoingRecord(
        "annotations", orjson.dumps(row), headers=(source_header(Source("texts", 0, offset)),)
    )


def _dead_letter(offset: int) -> OutgoingRecord:
    headers = dead_letter_headers(DeadLetter(Source("texts", 0, offset), "json", "no JSON", "decode"))
    return OutgoingRecord("texts.dlq", b"oops", headers=headers)


def _followed(log: Transport, answers: list[OutgoingRecord]) -> Tally:
    stream = DemoStream(log, SETTINGS, lambda: None)
    log.producer().send(answers)
    for _ in stream.send_burst(TEXTS):
        pass
    stream.close()
    return stream.tally


def test_each_text_is_followed_to_its_outcome(log: Transport) -> None:
    """Annotations and dead letters are counted by label and by reason, with the words and the model."""
    tally = _followed(log, [_annotation(1), _dead_letter(2)])
    assert (tally.annotations, tally.dead_letters, tally.words, tally.doubled) == (1, 1, 1, 0)
    assert (tally.labels, tally.failures) == ({"LOC": 1}, {"json": 1})
    assert tally.model is not None
    assert tally.model.name == "m"


def test_outcomes_of_texts_that_were_there_before_do_not_count(log: Transport) -> None:
    """What an earlier run left behind is not this run's."""
    assert _followed(log, [_annotation(0), _annotation(1), _annotation(2)]).annotations == 2


def test_a_text_annotated_twice_is_seen(log: Transport) -> None:
    """The demo's last line would tell of a doubled output."""
    assert _followed(log, [_annotation(1), _annotation(1), _annotation(2)]).doubled == 1


def test_waiting_ends_when_the_annotator_has_gone(log: Transport) -> None:
    """The check that the caller gives is called while waiting."""

    def gone() -> None:
        raise WorkerError("the annotator has ended")

    stream = DemoStream(log, SETTINGS, gone)
    with pytest.raises(WorkerError, match="has ended"):
        list(stream.send_paced(TEXTS, 100.0))
