# SPDX-License-Identifier: Apache-2.0
"""Spans of batches for OpenTelemetry: one a micro-batch, linked to what each record's `traceparent` names.

A batch is work for many traces at once, so it is a trace of its own with links (OpenTelemetry's advice for
messaging); the records' own `traceparent` goes on to what is written for them, unchanged. Spans are made
where OpenTelemetry's own variables say where they go (`OTEL_EXPORTER_OTLP_ENDPOINT`, `..._TRACES_ENDPOINT`);
without them nothing is imported, and a batch costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any

from engine.extras import OTEL
from schemas import TRACEPARENT, header_value

from ..transports.base import Record

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
DISABLED = "OTEL_SDK_DISABLED"
LINKS = 128
"""Of a span at most, as OpenTelemetry's SDKs have it; the first records' are kept."""
_PARENT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")

Span = Callable[[Sequence[Record]], AbstractContextManager[None]]
"""What opens a span for a batch of these records."""


def no_span(records: Sequence[Record]) -> AbstractContextManager[None]:
    """Nothing is told of a batch."""
    return nullcontext()


def span_of(environ: Mapping[str, str], group: str) -> tuple[Span, Callable[[], None]]:
    """What opens a batch's span, and what sends the last ones; no spans where the environment names no place
    for them. Raises: MissingExtraError where it does and the extra is not installed."""
    if environ.get(DISABLED, "").lower() == "true" or not any(environ.get(name) for name in ENDPOINTS):
        return no_span, lambda: None
    OTEL.require(f"{ENDPOINTS[1]} in the environment")
    sdk, exporter = import_module("opentelemetry.sdk.trace"), import_module(_EXPORTER)
    processing = import_module("opentelemetry.sdk.trace.export")
    named = {"service.name": environ.get("OTEL_SERVICE_NAME", "freshet-annotator")}
    provider = sdk.TracerProvider(
        resource=import_module("opentelemetry.sdk.resources").Resource.create(named)
    )
    provider.add_span_processor(processing.BatchSpanProcessor(exporter.OTLPSpanExporter()))
    return batch_spans(provider, group), provider.shutdown


def batch_spans(provider: Any, group: str) -> Span:
    """Spans of a tracer provider, whoever gets them."""
    trace = import_module("opentelemetry.trace")
    tracer = provider.get_tracer("freshet")

    @contextmanager
    def span(records: Sequence[Record]) -> Iterator[None]:
        topic = records[0].topic if records else ""
        with tracer.start_as_current_span(
            f"process {topic}",
            kind=trace.SpanKind.CONSUMER,
            links=[trace.Link(context) for context in _contexts(records, trace)],
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.type": "process",
                "messaging.operation.name": "process",
                "messaging.destination.name": topic,
                "messaging.consumer.group.name": group,
                "messaging.batch.message_count": len(records),
            },
            record_exception=False,  # its message might quote a record
        ):
            yield

    return span


def _contexts(records: Sequence[Record], trace: Any) -> Iterator[Any]:
    """What the records' producers were at, each once."""
    seen: set[bytes] = set()
    for record in records:
        parent = header_value(record.headers, TRACEPARENT)
        if parent is None or parent in seen or (found := _PARENT.fullmatch(parent)) is None:
            continue
        seen.add(parent)
        ids = int(found[1], 16), int(found[2], 16)
        if all(ids):
            flags = trace.TraceFlags(int(found[3], 16))
            yield trace.SpanContext(*ids, is_remote=True, trace_flags=flags)
        if len(seen) == LINKS:
            return


_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
