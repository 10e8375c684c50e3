# SPDX-License-Identifier: Apache-2.0
"""A micro-batch of records in, an answer for each of them out: its annotation or its dead letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas import DecodeError, ModelRef, Source, TextMessage, decode_text, output_headers, schema_header

from ..dead_letters import dead_letter, reason_of
from ..errors import ModelError
from ..settings import WorkerSettings
from ..transports.base import OutgoingRecord, Record
from .isolation import isolate
from .live_model import Lap, Model

CANARY = TextMessage("canary", "Freshet runs in Kigali.")
"""A text that every working model can annotate: when it fails too, the model is broken and no record is to
blame."""
CANARY_SOURCE = Source("canary", 0, 0)

ANNOTATION_SCHEMA = schema_header("annotation", 1)
SPACY_SCHEMA = schema_header("spacy-doc", 1)


@dataclass(frozen=True, slots=True)
class Answers:
    """What is written for a sequence of records, one each; `reasons` has the positions of the dead letters
    and why.

    `broken` are those among them whose text was good: the model failed on it.
    """

    outgoing: list[OutgoingRecord]
    reasons: dict[int, str]
    broken: frozenset[int] = frozenset()


def answer(records: Sequence[Record], model: Model, settings: WorkerSettings, lap: Lap) -> Answers:
    """Annotate records. Raises: ModelError where the model fails on the canary as well."""
    outcomes = [_decode(record, settings) for record in records]
    lap("decode")
    sources = [record.source for record in records]
    good = [
        (message, source)
        for message, source in zip(outcomes, sources, strict=True)
        if isinstance(message, TextMessage)
    ]
    annotated = iter(_annotate(model, good, lap))
    schema = ANNOTATION_SCHEMA if settings.output_format == "freshet" else SPACY_SCHEMA
    outgoing: list[OutgoingRecord] = []
    reasons: dict[int, str] = {}
    broken: set[int] = set()
    for i, (record, outcome) in enumerate(zip(records, outcomes, strict=True)):
        stage, value = (
            ("annotate", next(annotated)) if isinstance(outcome, TextMessage) else ("decode", outcome)
        )
        if isinstance(value, bytes):
            headers = output_headers(record.headers, schema, sources[i], model.ref.version)
            outgoing.append(OutgoingRecord(settings.output_topic, value, record.key, headers))
        else:
            letter = dead_letter(
                record, value, topic=settings.dead_letters_to, stage=stage, model_version=model.ref.version
            )
            outgoing.append(letter)
            reasons[i] = reason_of(value)
            if stage == "annotate":
                broken.add(i)
    return Answers(outgoing, reasons, frozenset(broken))


def check_model(model: Model) -> None:
    """Let the model annotate the canary. Raises: ModelError."""
    try:
        annotated = model.annotate([CANARY], [CANARY_SOURCE], _no_lap)
    except Exception as error:
        raise ModelError(
            f"expected model {_name(model.ref)} to annotate {CANARY.text!r}, got "
            f"{type(error).__name__}: {error}"
        ) from error
    if len(annotated) != 1:
        raise ModelError(
            f"expected one annotation of {CANARY.text!r} from model {_name(model.ref)}, got {len(annotated)}"
        )


def _decode(record: Record, settings: WorkerSettings) -> TextMessage | Exception:
    try:
        return decode_text(
            record.value,
            default_id=record.place,
            headers=record.headers,
            format="text" if settings.input_format == "text" else "json",
            max_text_chars=settings.max_text_chars,
        )
    except DecodeError as error:
        return error


def _annotate(model: Model, items: Sequence[tuple[TextMessage, Source]], lap: Lap) -> list[bytes | Exception]:
    def annotate(part: Sequence[tuple[TextMessage, Source]]) -> list[bytes]:
        return model.annotate([message for message, _ in part], [source for _, source in part], lap)

    annotated = isolate(annotate, items)
    if any(isinstance(value, Exception) for value in annotated):
        check_model(model)
    return annotated


def _name(ref: ModelRef) -> str:
    return f"{ref.name} {ref.version}"


def _no_lap(stage: str) -> None:
    """Nobody measures the canary."""
