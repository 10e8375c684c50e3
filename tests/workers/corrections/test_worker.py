# SPDX-License-Identifier: Apache-2.0
"""The correction worker on each log: every correction once, wrong ones in the dead letters, tables as if
nothing had happened."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from schemas import (
    Annotation,
    Correction,
    LabelledSpan,
    Layer,
    ModelRef,
    Source,
    decode_correction,
    encode_annotation,
    encode_correction,
    parse_dead_letter,
)
from tests.workers.support import create_topics, wait_until
from workers.corrections import CorrectionSettings, CorrectionWorker
from workers.corrections.validation import CHANGES
from workers.dead_letters import read_dead_letters, redrive
from workers.errors import SettingsError
from workers.transports import OutgoingRecord, Transport, open_transport

SETTINGS = CorrectionSettings()


@pytest.fixture(params=["memory", "embedded"])
def transport(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Transport]:
    """A log with the worker's topics."""
    address = (
        f"memory:{uuid.uuid4().hex}" if request.param == "memory" else f"embedded:{tmp_path / 'log.sqlite'}"
    )
    opened = open_transport(address)
    create_topics(opened, 3, ("annotations", *SETTINGS.topics))
    yield opened
    opened.close()


def correction(i: int, text: str = "", label: str = "BRAND", **fields: str) -> Correction:
    """A correction of the text `i`."""
    text = text or f"Nike {i}"
    return Correction(
        f"c-{i}",
        "ada",
        "2026-11-21",
        f"m-{i}",
        text,
        {"ents": Layer("complete", [LabelledSpan(0, 4, label)])},
        **fields,
    )  # type: ignore[arg-type]


def send(transport: Transport, *corrections: Correction | bytes, topic: str = "corrections") -> None:
    """Write corrections, keyed by their text's id, or other values without a key."""
    records = [
        OutgoingRecord(topic, value, timestamp_ms=1_000_000)
        if isinstance(value, bytes)
        else OutgoingRecord(topic, encode_correction(value), value.id.encode(), timestamp_ms=1_000_000)
        for value in corrections
    ]
    producer = transport.producer()
    producer.send(records)
    producer.close()


def work(
    transport: Transport, n: int, settings: CorrectionSettings = SETTINGS, **options: object
) -> CorrectionWorker:
    """Run a worker until it has seen `n` records."""
    worker, stop = CorrectionWorker(transport, settings, **options), threading.Event()  # type: ignore[arg-type]
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    try:
        wait_until(lambda: worker.handler.outcomes.total() >= n or not thread.is_alive())
    finally:
        stop.set()
        thread.join(20)
    return worker


def valid_ids(transport: Transport) -> list[str]:
    """The ids in the validated topic, sorted."""
    return sorted(
        decode_correction(record.value).correction_id for record in transport.read("corrections.valid")
    )


def test_each_correction_passes_once(transport: Transport) -> None:
    """Duplicates and late revisions are dropped, and the tables say how many there were."""
    send(
        transport, correction(1), correction(2), correction(1), correction(3, supersedes="c-0"), correction(0)
    )
    worker = work(transport, 5)
    assert valid_ids(transport) in (
        ["c-1", "c-2", "c-3"],
        ["c-0", "c-1", "c-2", "c-3"],
    )  # c-0 and c-3 may be in different partitions
    assert worker.handler.outcomes["duplicate"] == 1
    (window,) = worker.handler.report()["windows"].values()
    assert window["labels"]["ents"]["BRAND"] == len(valid_ids(transport))


def test_wrong_ones_go_to_the_dead_letters_with_their_reason(transport: Transport) -> None:
    """As they came; and tasks that say nothing go nowhere."""
    bad = [b"no json", orjson.dumps({"id": "m", "author": "a", "text": "x", "layers": {}})]
    send(transport, *bad, orjson.dumps({"text": "x", "answer": "ignore"}), correction(1))
    worker = work(transport, 4)
    letters = list(transport.read("corrections.dlq"))
    assert sorted(record.value or b"" for record in letters) == sorted(bad)
    assert sorted(parse_dead_letter(record.headers).exception for record in letters) == ["json", "layer"]
    assert worker.handler.outcomes == {"json": 1, "layer": 1, "silent": 1, "valid": 1}


def test_a_redriven_dead_letter_gets_another_try(transport: Transport) -> None:
    """Sent back as it was; the attempt is counted."""
    send(transport, b"no json")
    work(transport, 1)
    producer = transport.producer()
    assert redrive(producer, read_dead_letters(transport.read("corrections.dlq"))) == 1
    producer.close()
    work(transport, 1)
    assert sorted(
        parse_dead_letter(record.headers).attempts for record in transport.read("corrections.dlq")
    ) == [1, 2]


def test_a_prodigy_task_becomes_a_correction_in_our_form(transport: Transport) -> None:
    """Who learns needs to know one form only."""
    task = {
        "text": "Nike",
        "_input_hash": 5,
        "spans": [{"start": 0, "end": 4, "label": "BRAND"}],
        "answer": "accept",
    }
    send(transport, orjson.dumps(task))
    work(transport, 1)
    (record,) = transport.read("corrections.valid")
    found = decode_correction(record.value, headers=record.headers)
    assert (found.id, record.key, found.author) == ("prodigy:5", b"prodigy:5", "prodigy")
    assert found.created == "1970-01-01T00:16:40+00:00"


def test_a_correction_is_joined_with_its_annotation(transport: Transport) -> None:
    """The validated one says where its text stands, which model annotated it, and what was changed."""
    annotation = Annotation(
        "m-1",
        "Nike 1",
        None,
        {"start": [], "end": []},
        ModelRef("m", "3", "d"),
        Source("texts", 0, 7),
        ents=[],
    )
    producer = transport.producer()
    producer.send(
        [
            OutgoingRecord("annotations", encode_annotation(annotation)),
            OutgoingRecord("annotations", b"other format"),
        ]
    )
    producer.close()
    send(transport, correction(1))
    worker = work(transport, 1)
    (record,) = transport.read("corrections.valid")
    found = decode_correction(record.value)
    assert (found.source, found.model_version) == (Source("texts", 0, 7), "3")
    assert orjson.loads(dict(record.headers)[CHANGES]) == {"ents": {"BRAND": [0, 1, 0]}}
    (window,) = worker.handler.report()["windows"].values()
    assert window["changes"] == {"3": {"ents": {"BRAND": [0, 1, 0]}}}


class Died(BaseException):
    """A worker's sudden end."""


@pytest.mark.parametrize("step", ["begin", "records", "offsets", "commit", "done"])
def test_a_death_in_a_commit_neither_loses_nor_doubles(transport: Transport, step: str) -> None:
    """The next worker goes on with the memory and the tables of the one before, which it reads from the
    validated topic."""
    died = threading.Event()

    def die(at: str) -> None:
        if at == step and not died.is_set():
            died.set()
            raise Died

    def doomed() -> None:
        with pytest.raises(Died):
            CorrectionWorker(transport, SETTINGS, slot="one", on_step=die).run(threading.Event())

    send(transport, *(correction(i) for i in range(20)))
    thread = threading.Thread(target=doomed, daemon=True)
    thread.start()
    thread.join(20)
    assert died.is_set()
    send(transport, *(correction(i) for i in range(10, 30)))
    worker, stop = CorrectionWorker(transport, SETTINGS, slot="one"), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    wait_until(lambda: len(valid_ids(transport)) >= 30)
    wait_until(
        lambda: sum(window["corrections"] for window in worker.handler.report()["windows"].values()) == 30
    )
    stop.set()
    thread.join(20)
    assert valid_ids(transport) == sorted(f"c-{i}" for i in range(30))


def test_missing_topics_are_named(tmp_path: Path) -> None:
    """With what to do."""
    opened = open_transport(f"embedded:{tmp_path / 'log.sqlite'}")
    with pytest.raises(SettingsError, match="freshet topics create"):
        CorrectionWorker(opened, SETTINGS)
    opened.close()
