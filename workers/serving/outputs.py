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
from .adapters import Headers, ServedAdapter, UnknownAdapterError
from .isolation import isolate
from .model import AdaptedModel, Annotated, Model, Routed, StageTimer, untimed
from .probe import check_model

ANNOTATION_SCHEMA = schema_header("annotation", 1)
SPACY_SCHEMA = schema_header("spacy-doc", 1)


class Stage(StrEnum):
    """Where a record failed, as its dead letter says."""

    DECODE = "decode"
    ADAPTER = "adapter"
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
    outcomes: list[TextMessage | Exception] = [_decode(record, settings) for record in records]
    timer("decode")
    sources = [record.source for record in records]
    adapters = _choose(records, outcomes, model)
    good = [
        (message, source, adapter)
        for message, source, adapter in zip(outcomes, sources, adapters, strict=True)
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
            chosen = adapters[i]
            name = "" if chosen is None else chosen.ref.name
            headers = output_headers(record.headers, schema, sources[i], version, route, cut, name)
            outgoing.append(OutgoingRecord(settings.output_topic, value, record.key, headers))
            continue
        is_text = isinstance(outcome, TextMessage)
        stage = Stage.ANNOTATE if is_text else Stage.DECODE
        stage = Stage.ADAPTER if isinstance(outcome, UnknownAdapterError) else stage
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


def chosen_adapters(
    headers: Sequence[Headers], model: Model
) -> list[ServedAdapter | UnknownAdapterError | None]:
    """The adapter that each record's headers name, None where they name none; for an unknown one the error
    that says so."""
    adapters = model.adapters if isinstance(model, AdaptedModel) else None
    if adapters is None:
        return [None] * len(headers)
    chosen: list[ServedAdapter | UnknownAdapterError | None] = []
    for each in headers:
        try:
            chosen.append(adapters.chosen(each))
        except UnknownAdapterError as error:
            chosen.append(error)
    return chosen


def annotate_chosen(
    model: Model,
    messages: Sequence[TextMessage],
    sources: Sequence[Source],
    adapters: Sequence[ServedAdapter | None],
    timer: StageTimer = untimed,
) -> Sequence[Annotated]:
    """The annotations of texts, each read with its adapter where one has one."""
    if any(adapters) and isinstance(model, AdaptedModel):
        return model.annotate_adapted(messages, sources, timer, adapters)
    return model.annotate(messages, sources, timer)


def _choose(
    records: Sequence[Record], outcomes: list[TextMessage | Exception], model: Model
) -> list[ServedAdapter | None]:
    """The adapter of each record; an unknown one is the outcome of its record."""
    chosen = chosen_adapters([record.headers for record in records], model)
    for i, adapter in enumerate(chosen):
        if isinstance(adapter, UnknownAdapterError) and isinstance(outcomes[i], TextMessage):
            outcomes[i] = adapter
    return [None if isinstance(adapter, UnknownAdapterError) else adapter for adapter in chosen]


def _annotate(
    model: Model, items: Sequence[tuple[TextMessage, Source, ServedAdapter | None]], timer: StageTimer
) -> list[Annotated | Exception]:
    def annotate(part: Sequence[tuple[TextMessage, Source, ServedAdapter | None]]) -> Sequence[Annotated]:
        messages, sources = [message for message, _, _ in part], [source for _, source, _ in part]
        return annotate_chosen(model, messages, sources, [adapter for _, _, adapter in part], timer)

    annotated = isolate(annotate, items)
    if any(isinstance(value, Exception) for value in annotated):
        check_model(model)
    return annotated
