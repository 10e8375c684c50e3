# SPDX-License-Identifier: Apache-2.0
"""The outputs of a micro-batch by one model: for each record its annotation or its dead letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from schemas import DecodeError, Source, TextMessage, decode_text, output_headers, schema_header

from ..dead_letters import dead_letter, reason_of
from ..settings import InputFormat, OutputFormat, Tombstones, WorkerSettings
from ..transports.base import OutgoingRecord, Record
from .isolation import isolate
from .model import Annotated, Model, Routed, StageTimer, untimed
from .probe import check_model

ANNOTATION_SCHEMA = schema_header("annotation", 1)
SPACY_SCHEMA = schema_header("spacy-doc", 1)


class Stage(StrEnum):
    """Where a record failed, as its dead letter says."""

    DECODE = "decode"
    ANNOTATE = "annotate"


@dataclass(frozen=True, slots=True)
class BatchOutputs:
    """What is written for a sequence of records, one each and in their order.

    `dead` has the positions of the dead letters and why; `failed` are those among them whose text was good,
    so that it is the model that failed on it.
    """

    outgoing: list[OutgoingRecord]
    dead: dict[int, str]
    failed: frozenset[int] = frozenset()


def annotate_records(
    records: Sequence[Record], model: Model, settings: WorkerSettings, timer: StageTimer = untimed
) -> BatchOutputs:
    """Annotate records by one model. Raises: ModelError where it fails on the probe as well."""
    outcomes = [_decode(record, settings) for record in records]
    timer("decode")
    sources = [record.source for record in records]
    good = [
        (message, source)
        for message, source in zip(outcomes, sources, strict=True)
        if isinstance(message, TextMessage)
    ]
    annotated = iter(_annotate(model, good, timer))
    schema = ANNOTATION_SCHEMA if settings.output_format == OutputFormat.FRESHET else SPACY_SCHEMA
    version = model.ref.version
    outgoing: list[OutgoingRecord] = []
    dead: dict[int, str] = {}
    failed: set[int] = set()
    for i, (record, outcome) in enumerate(zip(records, outcomes, strict=True)):
        if record.value is None and record.key is not None and settings.tombstones is Tombstones.PASS:
            headers = output_headers(record.headers, schema, sources[i], version, None)
            outgoing.append(OutgoingRecord(settings.output_topic, None, record.key, headers))
            continue
        value = next(annotated) if isinstance(outcome, TextMessage) else outcome
        route, cut = None, 0
        if isinstance(value, Routed):
            value, route, cut = value
        if isinstance(value, bytes):
            headers = output_headers(record.headers, schema, sources[i], version, route, cut)
            outgoing.append(OutgoingRecord(settings.output_topic, value, record.key, headers))
            continue
        is_text = isinstance(outcome, TextMessage)
        stage = Stage.ANNOTATE if is_text else Stage.DECODE
        outgoing.append(
            dead_letter(record, value, topic=settings.dead_letters_to, stage=stage, model_version=version)
        )
        dead[i] = reason_of(value)
        if is_text:
            failed.add(i)
    return BatchOutputs(outgoing, dead, frozenset(failed))


def _decode(record: Record, settings: WorkerSettings) -> TextMessage | DecodeError:
    try:
        return decode_text(
            record.value,
            default_id=record.place,
            headers=record.headers,
            format="text" if settings.input_format == InputFormat.TEXT else "json",
            max_text_chars=settings.max_text_chars,
        )
    except DecodeError as error:
        return error


def _annotate(
    model: Model, items: Sequence[tuple[TextMessage, Source]], timer: StageTimer
) -> list[Annotated | Exception]:
    def annotate(part: Sequence[tuple[TextMessage, Source]]) -> Sequence[Annotated]:
        return model.annotate([message for message, _ in part], [source for _, source in part], timer)

    annotated = isolate(annotate, items)
    if any(isinstance(value, Exception) for value in annotated):
        check_model(model)
    return annotated
