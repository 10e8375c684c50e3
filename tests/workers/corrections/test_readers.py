# SPDX-License-Identifier: Apache-2.0
"""Whoever reads a correction reads the same: stream app, trainer, re-annotator and `freshet explain`, in
every form that a record may have."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import pytest

from schemas import ModelRef, Source, decode_annotation, decode_correction, header_value, parse_dead_letter
from tests.engine.toy import shared, toy_pipeline
from tests.workers.support import (
    FunctionModel,
    create_topics,
    settings_for_tests,
    wait_until,
    words_model,
    write,
)
from workers.annotator.reannotate import Reannotator
from workers.corrections import CorrectionSettings, CorrectionWorker, Refusals
from workers.reprocess.lineage import AnnotationOrigin, explain
from workers.serving import LiveModel
from workers.trainer.correction_filter import CorrectionFilter
from workers.trainer.example_factory import ExampleFactory
from workers.transports.base import Headers, OutgoingRecord, Record
from workers.transports.memory import MemoryTransport

MAX_TEXT_CHARS = 50
OURS = {
    "author": "ada",
    "text": "Ada met Bo",
    "layers": {"cats": {"status": "partial", "scores": {"A": 1.0}}},
}
TASK = {"text": "Ada met Bo", "label": "A", "answer": "accept"}
MANUAL = {"text": "Ada", "_view_id": "ner_manual", "spans": [], "answer": "reject"}
MAJOR = ("freshet-schema", b"correction/9")


class Verdict(NamedTuple):
    """The id of the text that a correction is about, or the reason why the record is none; neither where it
    says nothing."""

    id: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Form:
    """A record of a person or a program, and what every reader must make of it."""

    value: object
    verdict: Verdict
    key: bytes | None = None
    headers: Headers = ()


FORMS = {
    "ours with id": Form(OURS | {"id": "m-1"}, Verdict("m-1"), b"k-1"),
    "ours with key": Form(OURS, Verdict("k-2"), b"k-2"),
    "ours with neither": Form(OURS, Verdict("corrections:0:2")),
    "ours with an empty id": Form(OURS | {"id": ""}, Verdict("k-4"), b"k-4"),
    "a task with key": Form(TASK, Verdict("k-5"), b"k-5"),
    "a task with its hash": Form(TASK | {"_input_hash": 5}, Verdict("prodigy:5"), b"k-6"),
    "a task with neither": Form(TASK, Verdict("corrections:0:6")),
    "a rejected label": Form(TASK | {"answer": "reject"}, Verdict("k-8"), b"k-8"),
    "a task rejected as a whole": Form(MANUAL, Verdict(), b"k-9"),
    "an ignored task": Form(TASK | {"answer": "ignore"}, Verdict(), b"k-10"),
    "a task without answer": Form(TASK | {"answer": ""}, Verdict(reason="answer"), b"k-11"),
    "nothing here": Form({"text": "Ada", "spans": [], "answer": "accept"}, Verdict("k-11"), b"k-11"),
    "nothing at all": Form({"text": "Ada", "answer": "accept"}, Verdict(reason="layer"), b"k-12"),
    "no author": Form({"id": "m", "text": "x", "layers": OURS["layers"]}, Verdict(reason="missing-field")),
    "no json": Form(b"{no json", Verdict(reason="json"), b"k-13"),
    "no value": Form(None, Verdict(reason="missing-text"), b"k-14"),
    "an unknown major": Form(OURS, Verdict(reason="schema-major"), b"k-15", (MAJOR,)),
    "too long": Form(OURS | {"text": "Ada " * 20}, Verdict(reason="too-long"), b"k-16"),
    "a task that is too long": Form(TASK | {"text": "Ada " * 20}, Verdict(reason="too-long"), b"k-17"),
}

Verdicts = dict[int, Verdict]
"""By offset; what is not there said nothing."""


def bytes_of(value: object) -> bytes | None:
    """What is sent."""
    return value if value is None or isinstance(value, bytes) else json.dumps(value).encode()


def log_of_forms() -> MemoryTransport:
    """A record of every form, in order, in one partition."""
    log = MemoryTransport()
    create_topics(log, 1, ("corrections", "corrections.valid", "annotations"))
    write(
        log,
        [
            OutgoingRecord("corrections", bytes_of(form.value), form.key, form.headers, 0, 1_000_000)
            for form in FORMS.values()
        ],
    )
    return log


def letters(log: MemoryTransport, *stages: str) -> Verdicts:
    """Reasons in the dead letters of one reader."""
    found = [parse_dead_letter(record.headers) for record in log.read("corrections.dlq")]
    return {one.source.offset: Verdict(reason=one.exception) for one in found if one.stage in stages}


def offset_of(record: Record) -> int:
    """The offset of the correction that a record was made of."""
    return int((header_value(record.headers, "src") or b"").rpartition(b":")[2])


def read_as_stream_app(log: MemoryTransport) -> Verdicts:
    """What the validated topic and the dead letters say."""
    create_topics(log, 1, ("corrections.dlq",))
    worker = CorrectionWorker(log, CorrectionSettings(max_text_chars=MAX_TEXT_CHARS))
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    wait_until(lambda: worker.handler.outcomes.total() == len(FORMS))
    stop.set()
    thread.join(20)
    valid = log.read("corrections.valid")
    return letters(log, "decode") | {
        offset_of(record): Verdict(decode_correction(record.value).id) for record in valid
    }


def read_as_trainer(log: MemoryTransport) -> Verdicts:
    """What becomes an example, and what the dead letters say."""
    refusals = Refusals(log, "corrections", "learn")
    corrections = CorrectionFilter(
        ExampleFactory(toy_pipeline(shared("ner", "textcat"))),
        percent=0.0,
        n_recent=0,
        n_ids=100,
        max_text_chars=MAX_TEXT_CHARS,
    )
    examples = {}
    for record in log.read("corrections"):
        admission = corrections.admit(record)
        if admission.error is not None:
            refusals.write(record, admission.error)
        if admission.example is not None:
            examples[record.offset] = admission.example.source
    refusals.close()
    return letters(log, "learn") | {
        offset: Verdict(json.loads(source[1:])["id"]) for offset, source in examples.items()
    }


def read_as_reannotator(log: MemoryTransport) -> Verdicts:
    """What is annotated again, and what the dead letters say."""
    model = words_model("2")
    learned = FunctionModel(replace(model.ref, corrections={"0": len(FORMS)}), model.annotate)
    settings = settings_for_tests(reread_topic="corrections", max_text_chars=MAX_TEXT_CHARS)
    reannotator = Reannotator(log, LiveModel(learned), settings)
    for _ in range(3):
        reannotator.turn()
    annotated = log.read("annotations")
    return letters(log, "reannotate") | {
        offset_of(record): Verdict(decode_annotation(record.value).id) for record in annotated
    }


def read_as_explain(log: MemoryTransport) -> Verdicts:
    """What is counted as a correction of the expected text, and what as none."""
    found = {}
    for record, form in zip(log.read("corrections"), FORMS.values(), strict=True):
        origin = AnnotationOrigin(form.verdict.id, ModelRef("m", "1", ""), Source("texts", 0, 0))
        told = explain(origin, None, [record], MAX_TEXT_CHARS)
        if told.corrections or told.unreadable:
            # It counts what it cannot read, and says no reasons: a command that looks writes nothing.
            reason = form.verdict.reason or "unexpected" if told.unreadable else ""
            found[record.offset] = Verdict("".join(one.correction.id for one in told.corrections), reason)
    return found


READERS: dict[str, Callable[[MemoryTransport], Verdicts]] = {
    "stream app": read_as_stream_app,
    "trainer": read_as_trainer,
    "re-annotator": read_as_reannotator,
    "explain": read_as_explain,
}


@pytest.fixture(scope="module", params=READERS)
def verdicts(request: pytest.FixtureRequest) -> Verdicts:
    """What one reader makes of all records."""
    return READERS[request.param](log_of_forms())


@pytest.mark.parametrize("name", FORMS)
def test_every_reader_reads_every_form_alike(verdicts: Verdicts, name: str) -> None:
    """The same corrections, of the same texts; and what is none is said to be none, for the same reason."""
    offset = list(FORMS).index(name)
    assert verdicts.get(offset, Verdict()) == FORMS[name].verdict
