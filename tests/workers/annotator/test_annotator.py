# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from schemas import decode_annotation, parse_dead_letter
from tests.workers.support import (
    FunctionModel,
    annotate_all,
    create_topics,
    memory_log,
    outcome,
    running,
    send,
    settings_for_tests,
    texts,
    wait_until,
    words_model,
    write,
)
from workers.annotator.telemetry import Telemetry
from workers.errors import ModelError, SettingsError
from workers.serving.live_model import LiveModel
from workers.settings import BatchingSettings, Tombstones
from workers.transports.base import OutgoingRecord, TransportError
from workers.transports.memory import MemoryTransport

BAD_VALUES = {
    "encoding": b"\xff\xfe not utf-8",
    "json": b"{ no json",
    "type": b'{"text": 17}',
    "missing-text": b'{"id": "a"}',
    "surrogate": b'{"text": "\\ud800"}',
}


def test_every_record_gets_one_annotation() -> None:
    """Every input record has exactly one annotation, and the worker ends with 0."""
    log = memory_log()
    send(log, texts(1000))
    result, code = annotate_all(log, settings_for_tests(), words_model())
    assert (result.exact, len(result.annotations), code) == (True, 1000, 0)


def test_an_annotation_says_where_it_comes_from() -> None:
    """An annotation repeats the id, names its source and its model, and copies key and trace."""
    log = memory_log()
    trace = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    producer = log.producer()
    producer.send(
        [
            OutgoingRecord(
                "texts",
                b'{"id":"x","text":"two words"}',
                b"k",
                (("traceparent", trace), ("other", b"1")),
                partition=2,
            )
        ]
    )
    result, _ = annotate_all(log, settings_for_tests(), words_model("7"))
    (record,) = result.annotations
    annotation = decode_annotation(record.value, headers=record.headers)
    assert (annotation.id, annotation.model.version, str(annotation.source), record.key) == (
        "x",
        "7",
        "texts:2:0",
        b"k",
    )
    expected = {
        "traceparent": trace,
        "freshet-schema": b"annotation/1",
        "src": b"texts:2:0",
        "model_version": b"7",
    }
    assert dict(record.headers) == expected


def test_outputs_keep_the_order_of_their_partition() -> None:
    """Annotations of one partition are written in the order of its records, whichever thread was faster."""
    log = memory_log(1)
    send(log, texts(2000))
    settings = settings_for_tests(threads=4, batching=BatchingSettings(max_batch_tokens=60))
    result, _ = annotate_all(log, settings, words_model())
    sources = [decode_annotation(record.value).source.offset for record in result.annotations]
    assert sources == list(range(2000))


@pytest.mark.parametrize(("reason", "value"), BAD_VALUES.items())
def test_bad_input_becomes_a_dead_letter(reason: str, value: bytes) -> None:
    """A record that is no text message goes to the dead letters as it came, with the reason, beside good
    ones."""
    log = memory_log(1)
    send(log, [*texts(3), value, *texts(3)])
    result, code = annotate_all(log, settings_for_tests(), words_model())
    (letter,) = result.dead_letters
    parsed = parse_dead_letter(letter.headers)
    assert (parsed.exception, parsed.stage, parsed.source.offset, letter.value, letter.key) == (
        reason,
        "decode",
        3,
        value,
        b"3",
    )
    assert (result.exact, code) == (True, 0)


def test_a_tombstone_and_an_unknown_schema_become_dead_letters() -> None:
    """A record without a value, and one of a schema major from the future, are dead letters."""
    log = memory_log(1)
    newer = OutgoingRecord("texts", b'{"text":"a"}', headers=(("freshet-schema", b"text/99"),))
    write(log, [OutgoingRecord("texts", None), newer])
    result, _ = annotate_all(log, settings_for_tests(), words_model())
    assert [parse_dead_letter(letter.headers).exception for letter in result.dead_letters] == [
        "missing-text",
        "schema-major",
    ]


def test_a_tombstone_is_passed_on_where_asked() -> None:
    """With its key, so that it deletes the annotations' key as it does the text's; nothing else changes."""
    log = memory_log()
    send(log, [None, b'{"text":"a"}'])
    result, code = annotate_all(log, settings_for_tests(tombstones=Tombstones.PASS), words_model())
    assert (result.exact, code, len(result.dead_letters)) == (True, 0, 0)
    assert sorted(record.key for record in result.annotations if record.value is None) == [b"0"]


def test_one_poison_record_among_five_hundred_is_isolated() -> None:
    """Only the record that makes its batch fail becomes a dead letter; its 500 neighbours are annotated."""
    log = memory_log()
    send(log, [*texts(250), b'{"text":"POISON"}', *texts(250)])
    result, code = annotate_all(log, settings_for_tests(), words_model())
    (letter,) = result.dead_letters
    parsed = parse_dead_letter(letter.headers)
    assert (parsed.exception, parsed.stage, letter.value) == ("ValueError", "annotate", b'{"text":"POISON"}')
    assert "a text holds POISON" in parsed.stacktrace
    assert (result.exact, len(result.annotations), code) == (True, 500, 0)


def test_a_broken_model_stops_the_worker_and_blames_no_record() -> None:
    """When even the canary fails, the worker stops with an error and commits nothing."""
    log = memory_log()
    broken = threading.Event()
    good = words_model()

    def annotate(messages, sources, timer):
        if broken.is_set():
            raise RuntimeError("device lost")
        return good.annotate(messages, sources, timer)

    with running(log, settings_for_tests(), FunctionModel(good.ref, annotate)) as state:
        wait_until(lambda: state.worker is not None and state.worker.health.joined)
        broken.set()
        send(log, texts(10))
        state.thread.join(10)
    assert isinstance(state.error, ModelError)
    assert outcome(log).seen == {}


def test_an_output_too_large_for_the_log_becomes_a_dead_letter() -> None:
    """An annotation that the log does not take is replaced by a dead letter in the same commit."""
    log = memory_log(1, max_record_bytes=2000)
    send(log, [*texts(5), b'{"text":"%s"}' % (b"a " * 400), *texts(5)])
    result, code = annotate_all(log, settings_for_tests(), words_model())
    (letter,) = result.dead_letters
    parsed = parse_dead_letter(letter.headers)
    assert (parsed.exception, parsed.stage, parsed.model_version, parsed.source.offset) == (
        "RecordTooLargeError",
        "commit",
        "1.0",
        5,
    )
    assert (result.exact, len(result.annotations), code) == (True, 10, 0)


def test_a_dead_letter_too_large_for_the_log_keeps_its_headers() -> None:
    """Where not even the dead letter fits, its value is left out and its headers say where the record
    stands."""
    log = memory_log(1, max_record_bytes=2000)
    send(log, [b'{"text":"%s"}' % (b"a " * 900)])
    result, _ = annotate_all(log, settings_for_tests(), words_model())
    (letter,) = result.dead_letters
    assert (letter.value, parse_dead_letter(letter.headers).source.offset) == (b"", 0)


def test_missing_topics_are_a_settings_error() -> None:
    """A worker does not start without its topics; the error names the missing ones and those that exist."""
    log = MemoryTransport()
    create_topics(log, 1, ["texts", "other"])
    with running(log, settings_for_tests(), words_model()) as state:
        state.thread.join(10)
    assert isinstance(state.error, SettingsError)
    assert "missing are annotations, texts.dlq" in str(state.error)
    assert "other" in str(state.error)


def test_a_topic_that_vanishes_is_waited_for() -> None:
    """When the output topic is gone nothing is committed; when it is back every record is annotated once."""
    log = memory_log()
    with running(log, settings_for_tests(), words_model()) as state:
        wait_until(lambda: state.worker is not None and state.worker.health.joined)
        log.admin().delete_topic("annotations")
        send(log, texts(100))
        wait_until(lambda: "annotations" in state.worker.health.ready())
        create_topics(log, 4, ["annotations"])
        wait_until(lambda: not outcome(log).lost)
        assert state.finish() == 0
    assert outcome(log).exact


def test_stopping_commits_what_was_begun_and_drops_the_rest() -> None:
    """After a stop in the middle every record has at most one output, and a second worker does exactly the
    rest."""
    log = memory_log()
    send(log, texts(3000))
    settings = settings_for_tests(batching=BatchingSettings(max_batch_records=20))
    with running(log, settings, words_model(delay=0.005)) as state:
        wait_until(lambda: len(outcome(log).seen) > 100)
        assert state.finish() == 0
    half = outcome(log)
    assert half.lost
    assert not half.doubled
    result, code = annotate_all(log, settings, words_model())
    assert (result.exact, code) == (True, 0)


def test_two_workers_share_and_hand_over_without_loss() -> None:
    """Workers that join and leave while batches are in flight neither lose nor double a record."""
    log = memory_log(8)
    send(log, texts(4000))
    settings = settings_for_tests(batching=BatchingSettings(max_batch_records=10))
    with running(log, replace(settings, slot="a"), words_model(delay=0.002)) as first:
        wait_until(lambda: len(outcome(log).seen) > 200)
        with running(log, replace(settings, slot="b"), words_model(delay=0.002)) as second:
            wait_until(lambda: len(outcome(log).seen) > 1000)
            assert first.finish() == 0
            wait_until(lambda: not outcome(log).lost)
            assert second.finish() == 0
    assert outcome(log).exact


def test_a_model_is_swapped_between_batches() -> None:
    """After a swap the annotations bear the new version, and every record bears exactly one."""
    log = memory_log(1)
    live = LiveModel(words_model("1"))
    with running(log, settings_for_tests(), live):
        send(log, texts(50))
        wait_until(lambda: not outcome(log).lost)
        live.swap(words_model("2"))
        send(log, texts(50))
        wait_until(lambda: not outcome(log).lost)
    versions = [decode_annotation(record.value).model.version for record in outcome(log).annotations]
    assert versions == ["1"] * 50 + ["2"] * 50


def test_back_pressure_bounds_what_is_in_flight() -> None:
    """A slow model makes the worker pause reading: tokens in flight stay near the limit, and nothing is
    lost."""
    log = memory_log(2)
    send(log, texts(3000))
    batching = BatchingSettings(max_batch_tokens=100, max_inflight_tokens=600, max_poll_records=50)
    highest = 0
    with running(log, settings_for_tests(batching=batching), words_model(delay=0.001)) as state:
        while outcome(log).lost:
            highest = max(highest, state.worker.in_flight.n_tokens if state.worker else 0)
    assert 0 < highest <= 600 + 50 * 10
    assert outcome(log).exact


@pytest.mark.parametrize("step", ["begin", "records", "done"])
def test_a_commit_that_fails_at_any_step_is_done_again(step: str) -> None:
    """A commit that fails at a step is rewound and done again; no record is lost, and none doubled unless it
    was written already."""
    log = memory_log()
    failures = iter([True, False, True, True])

    def on_step(name: str) -> None:
        if name == step and next(failures, False):
            raise TransportError("the log is away")

    send(log, texts(500))
    result, _ = annotate_all(log, settings_for_tests(), words_model(), on_commit_step=on_step)
    assert result.exact


def test_marked_annotations_are_counted_by_what_becomes_of_them() -> None:
    """When they are committed, where a promise is asked for at all."""
    telemetry = Telemetry()
    marked = [OutgoingRecord("out", b"", None, (("route", route),)) for route in (b"ask", b"auto", b"ask")]
    telemetry.note_routes([*marked, OutgoingRecord("out", b"", None, ())])
    counted = [line for line in telemetry.text().decode().splitlines() if "routed_records_total{" in line]
    assert counted == [
        'freshet_routed_records_total{route="ask"} 2.0',
        'freshet_routed_records_total{route="auto"} 1.0',
    ]
