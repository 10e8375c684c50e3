# SPDX-License-Identifier: Apache-2.0
"""A corrected text is annotated again once a model has learned past its correction, and once only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from schemas import (
    Correction,
    LabelledSpan,
    Layer,
    ModelRef,
    Source,
    decode_annotation,
    encode_correction,
    header_value,
    parse_dead_letter,
)
from tests.workers.support import FunctionModel, create_topics, settings_for_tests, words_model, write
from workers.annotator.reannotate import Reannotator
from workers.serving.live_model import LiveModel
from workers.serving.model import Model
from workers.settings import Start
from workers.transports.base import OutgoingRecord, Record, TransportError
from workers.transports.memory import MemoryTransport

SETTINGS = settings_for_tests(reread_topic="corrections")


def learned(version: str, corrections: Mapping[str, int]) -> Model:
    """A model that has learned up to there."""
    model = words_model(version)
    return FunctionModel(replace(model.ref, corrections=corrections), model.annotate)


def correction(i: int, more: str = "") -> OutgoingRecord:
    """A correction of the i-th text, in partition 0."""
    layers = {"ents": Layer(spans=[LabelledSpan(0, 3, "PER")])}
    value = encode_correction(
        Correction(
            f"c-{i}",
            "ada",
            "2026-11-21T00:00:00Z",
            f"t-{i}",
            f"Ada {i}{more}",
            layers,
            source=Source("texts", 1, i),
        )
    )
    return OutgoingRecord("corrections", value, b"t-%d" % i, partition=0)


def log_with(n: int, **options: int) -> MemoryTransport:
    """A log with so many corrections."""
    log = MemoryTransport(**options)
    create_topics(log, 1, ["corrections", "annotations"])
    write(log, [correction(i) for i in range(n)])
    return log


def annotations(log: MemoryTransport) -> list[Record]:
    """What was written."""
    return list(log.read("annotations"))


def turns(reannotator: Reannotator, n: int = 3) -> None:
    """Some rounds."""
    for _ in range(n):
        reannotator.turn()


def test_a_correction_waits_for_a_model_that_learned_it() -> None:
    """Nothing is written before the watermark passes; then the texts up to it, with both places named."""
    log, live = log_with(5), LiveModel(learned("1", {}))
    reannotator = Reannotator(log, live, SETTINGS)
    turns(reannotator)
    assert annotations(log) == []
    live.swap(learned("2", {"0": 3}))
    turns(reannotator)
    found = [decode_annotation(record.value, headers=record.headers) for record in annotations(log)]
    assert [(a.id, str(a.source), a.model.version) for a in found] == [
        (f"t-{i}", f"texts:1:{i}", "2") for i in range(3)
    ]
    assert [header_value(record.headers, "src") for record in annotations(log)] == [
        b"corrections:0:%d" % i for i in range(3)
    ]
    assert [record.key for record in annotations(log)] == [b"t-0", b"t-1", b"t-2"]


def test_each_correction_is_answered_once() -> None:
    """Later models, a restart and a rollback below the watermark write nothing twice."""
    log, live = log_with(4), LiveModel(learned("1", {"0": 2}))
    first = Reannotator(log, live, SETTINGS)
    turns(first)
    live.swap(learned("2", {"0": 3}))
    turns(first)
    live.swap(learned("1", {"0": 2}))
    turns(first)
    first._drop_consumer()
    live.swap(learned("3", {"0": 4}))
    turns(Reannotator(log, live, SETTINGS))
    assert [header_value(record.headers, "src") for record in annotations(log)] == [
        b"corrections:0:%d" % i for i in range(4)
    ]


def test_what_is_no_correction_holds_nothing_up() -> None:
    """It goes to the dead letters, once, when the model has passed it; and is counted."""
    log, live = log_with(1), LiveModel(learned("1", {"0": 10}))
    write(log, [OutgoingRecord("corrections", b"{ no json", b"k", partition=0), correction(2)])
    reannotator = Reannotator(log, live, SETTINGS)
    turns(reannotator)
    turns(Reannotator(log, live, SETTINGS))
    assert [decode_annotation(record.value).id for record in annotations(log)] == ["t-0", "t-2"]
    (letter,) = log.read("corrections.dlq")
    told = parse_dead_letter(letter.headers)
    assert (str(told.source), told.exception, told.stage) == ("corrections:0:1", "json", "reannotate")
    assert (letter.value, reannotator.refused) == (b"{ no json", 1)


def test_an_annotation_that_the_log_never_takes_becomes_a_dead_letter() -> None:
    """Else the same commit would fail for ever."""
    log, live = log_with(1, max_record_bytes=6_000), LiveModel(learned("1", {"0": 2}))
    write(log, [correction(1, "a " * 800)])
    turns(Reannotator(log, live, SETTINGS))
    assert [decode_annotation(record.value).id for record in annotations(log)] == ["t-0"]
    (letter,) = log.read("corrections.dlq")
    assert parse_dead_letter(letter.headers).stage == "commit"


def test_a_commit_that_fails_is_done_again() -> None:
    """Annotation and position are one commit: after a failure a new member does it again, and each is there
    once."""
    log, live = log_with(3), LiveModel(learned("1", {"0": 3}))
    reannotator = Reannotator(log, live, SETTINGS)
    consumer = reannotator._join_group()
    commit = consumer.commit

    def fail(*args: object) -> None:
        consumer.commit = commit  # type: ignore[method-assign]
        raise TransportError("the log is away")

    consumer.commit = fail  # type: ignore[method-assign]
    try:
        turns(reannotator)
    except TransportError:
        reannotator._drop_consumer()
    turns(reannotator)
    assert len(annotations(log)) == 3


def test_models_without_a_watermark_answer_nothing() -> None:
    """A pipeline from a folder has learned from no correction."""
    log = log_with(2)
    turns(
        Reannotator(log, LiveModel(FunctionModel(ModelRef("m", "1", ""), words_model().annotate)), SETTINGS)
    )
    assert annotations(log) == []


def test_a_worker_that_starts_at_new_texts_still_reads_all_corrections() -> None:
    """`start` says where texts are read from; no correction is passed over for it."""
    log, live = log_with(3), LiveModel(learned("1", {"0": 3}))
    turns(Reannotator(log, live, replace(SETTINGS, start=Start.LATEST)))
    assert len(annotations(log)) == 3
