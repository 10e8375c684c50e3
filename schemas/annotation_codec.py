# SPDX-License-Identifier: Apache-2.0
"""Bytes to annotations and back: UTF-8 JSON, one annotation a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from typing import Any

from . import annotation as schema
from .annotation import TOKEN_COLUMNS, AdapterRef, Annotation, Confidence, ModelRef, Route
from .errors import DecodeError
from .headers import check_schema
from .json_fields import (
    char_span,
    column,
    dumps,
    get,
    json_object,
    labelled_spans,
    source_of,
    value_of,
    wrong_type,
)
from .layout import LAYOUT

NUMBERS = ("start", "end", "head")
"""The token columns that hold numbers; the others hold strings."""

NUMBER = (int, float)
"""How JSON's numbers come."""


def encode_annotation(annotation: Annotation) -> bytes:
    """The bytes of an annotation, without the layers that are None. Raises: EncodeError."""
    tokens = {name: annotation.tokens[name] for name in TOKEN_COLUMNS if name in annotation.tokens}
    row = {name: getattr(annotation, name) for name in LAYOUT.names} | {LAYOUT.tokens: tokens}
    if annotation.confidence is not None:
        row[LAYOUT.confidence_name] = _confidence_row(annotation.confidence)
    fields = {name: value for name, value in row.items() if value is not None or name not in LAYOUT.optional}
    return dumps(fields, annotation.id)


def decode_annotation(value: bytes | None, *, headers: Sequence[tuple[str, bytes]] = ()) -> Annotation:
    """The annotation that a record holds. Raises: DecodeError, and nothing else."""
    check_schema(headers, schema.NAME, schema.MAJORS)
    row = json_object(value_of(value, "an annotation"))
    return Annotation(
        id=get(row, "id", str),
        text=get(row, "text", str),
        lang=get(row, "lang", str, None),
        tokens=_token_columns(get(row, "tokens", dict)),
        model=_model_ref(get(row, "model", dict)),
        source=source_of(get(row, "source", dict)),
        sents=None if row.get("sents") is None else [char_span(span) for span in get(row, "sents", list)],
        ents=None if row.get("ents") is None else labelled_spans(row, "ents"),
        spans=None
        if row.get("spans") is None
        else {key: labelled_spans(row["spans"], key) for key in get(row, "spans", dict)},
        cats=None
        if row.get("cats") is None
        else {name: float(get(row["cats"], name, (int, float))) for name in get(row, "cats", dict)},
        confidence=None if row.get("confidence") is None else _confidence(get(row, "confidence", dict)),
        route=None if row.get("route") is None else _route(get(row, "route", str)),
        kb_ids=None if row.get("kb_ids") is None else column(row, "kb_ids", str),
        pieces_cut=None if row.get("pieces_cut") is None else get(row, "pieces_cut", int),
        adapter=None if row.get("adapter") is None else _adapter_ref(get(row, "adapter", dict)),
    )


def _adapter_ref(row: Mapping[str, Any]) -> AdapterRef:
    return AdapterRef(get(row, "name", str), get(row, "version", str), get(row, "digest", str))


def _confidence_row(confidence: Confidence) -> dict[str, Any]:
    """Its fields in order, without those that are None."""
    values = {field.name: getattr(confidence, field.name) for field in fields_of(confidence)}
    return {name: value for name, value in values.items() if value is not None}


def _confidence(row: Mapping[str, Any]) -> Confidence:
    return Confidence(
        calibrated=column(row, "calibrated", str),
        layers=column(row, "layers", str),
        text=float(get(row, "text", NUMBER)),
        ents=None if row.get("ents") is None else _shares(row, "ents"),
        sents=None if row.get("sents") is None else _shares(row, "sents"),
        cats=None
        if row.get("cats") is None
        else {name: float(get(row["cats"], name, NUMBER)) for name in get(row, "cats", dict)},
    )


def _shares(row: Mapping[str, Any], name: str) -> list[float]:
    values: list[Any] = get(row, name, list)
    for value in values:
        if not isinstance(value, NUMBER) or isinstance(value, bool):
            raise wrong_type(name, NUMBER, value)
    return [float(value) for value in values]


def _route(value: str) -> Route:
    """Raises: DecodeError."""
    try:
        return Route(value)
    except ValueError:
        raise DecodeError(
            "type", f'expected one of {", ".join(Route)} in field "route", got {value[:80]!r}'
        ) from None


def _token_columns(columns: Mapping[str, Any]) -> dict[str, list[Any]]:
    found = {
        name: column(columns, name, int if name in NUMBERS else str)
        for name in TOKEN_COLUMNS
        if name in columns
    }
    if len({len(column) for column in found.values()}) > 1:
        raise DecodeError(
            "type",
            "expected token columns of equal length, got "
            f"{ {name: len(values) for name, values in found.items()} }",
        )
    return found


def _model_ref(row: Mapping[str, Any]) -> ModelRef:
    corrections = get(row, "corrections", dict, {})
    offsets = {partition: get(corrections, partition, int) for partition in corrections}
    return ModelRef(get(row, "name", str), get(row, "version", str), get(row, "digest", str), offsets)
