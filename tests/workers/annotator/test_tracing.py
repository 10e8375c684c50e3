# SPDX-License-Identifier: Apache-2.0
"""Spans of batches: one for each, linked to the records' own traces, which go on to the outputs."""

from __future__ import annotations

import sys

import pytest

from engine.extras import OTEL, MissingExtraError
from schemas import TRACEPARENT, header_value
from tests.workers.support import (
    create_topics,
    memory_log,
    outcome,
    running,
    settings_for_tests,
    texts,
    wait_until,
    words_model,
    write,
)
from workers.annotator import tracing
from workers.annotator.tracing import no_span, span_of
from workers.transports.base import OutgoingRecord

PARENT = "00-{:032x}-{:016x}-01"


def test_without_a_place_for_spans_there_are_none() -> None:
    """Nothing of OpenTelemetry is asked for."""
    assert span_of({}, "g")[0] is no_span
    switched_off = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}
    assert span_of(switched_off, "g")[0] is no_span


def test_a_place_for_spans_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names one wants them, and is told what to type."""
    monkeypatch.setattr(type(OTEL), "is_installed", property(lambda self: False))
    with pytest.raises(MissingExtraError, match=r"freshet\[otel\]"):
        span_of({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, "g")


def test_a_batch_is_a_span_with_links_and_traces_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every record's producer is linked; what is written for it has the same traceparent."""
    exporting = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    sdk = sys.modules["opentelemetry.sdk.trace"]
    provider, kept = sdk.TracerProvider(), exporting.InMemorySpanExporter()
    provider.add_span_processor(sdk.export.SimpleSpanProcessor(kept))
    spans = tracing.batch_spans(provider, "group"), provider.shutdown
    monkeypatch.setattr("workers.annotator.annotator.span_of", lambda environ, group: spans)
    parents = [PARENT.format(i + 1, i + 7).encode() for i in range(10)]
    log = memory_log()
    create_topics(log)
    values = zip(texts(10), parents, strict=True)
    write(log, [OutgoingRecord("texts", text, headers=((TRACEPARENT, parent),)) for text, parent in values])
    write(log, [OutgoingRecord("texts", b'{"text":"x"}', headers=((TRACEPARENT, b"broken"),))])
    with running(log, settings_for_tests(), words_model()) as state:
        wait_until(lambda: not outcome(log).lost)
        state.finish()
    finished = kept.get_finished_spans()
    linked = {f"{link.context.trace_id:032x}" for span in finished for link in span.links}
    assert linked == {f"{i + 1:032x}" for i in range(10)}
    assert sum(span.attributes["messaging.batch.message_count"] for span in finished) == 11
    assert {(span.name, span.kind.name) for span in finished} == {("process texts", "CONSUMER")}
    went_on = {header_value(record.headers, TRACEPARENT) for record in log.read("annotations")}
    assert went_on == {*parents, b"broken"}
