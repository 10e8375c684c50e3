# SPDX-License-Identifier: Apache-2.0
"""Bytes to messages and back: UTF-8 JSON, one message a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, Literal

from . import annotation as annotation_schema
from . import text as text_schema
from .annotation import TOKEN_COLUMNS, Annotation, ModelRef, Source
from .errors import DecodeError
from .headers import check_schema
from .json_fields import char_span, dumps, get, json_object, labelled_spans, utf8, wrong_type
from .layout import LAYOUT
from .text import TextMessage

TextFormat = Literal["json", "text"]


def decode_text(
    value: bytes | None,
    *,
    default_id: str,
    headers: Sequence[tuple[str, bytes]] = (),
    format: TextFormat = "json",
    max_text_chars: int = 1_000_000,
) -> TextMessage:
    """The text message that a record holds; `default_id` is for one that brings no id, or an empty one.

    Fields that this version does not know are passed over. Raises: DecodeError, and nothing else, for
    whatever is no such message; its `reason` says what is wrong.
    """
    if headers:
        check_schema(headers, text_schema.NAME, text_schema.MAJORS)
    if value is None:
        raise DecodeError("missing-text", "expected a text, got a record without a value (a tombstone)")
    message = TextMessage(default_id, utf8(value)) if format == "text" else _text_of_json(value, default_id)
    if len(message.text) > max_text_chars:
        came = len(message.text)
        raise DecodeError(
            "too-long",
            f"expected at most {max_text_chars} characters, got {came}; split the text or raise "
            "max_text_chars",
        )
    return message


def encode_text(message: TextMessage) -> bytes:
    """The bytes of a text message, without the fields that are None. Raises: EncodeError."""
    fields = {"id": message.id, "text": message.text, "lang": message.lang, "meta": message.meta}
    return dumps({name: value for name, value in fields.items() if value is not None}, message.id)


def encode_annotation(annotation: Annotation) -> bytes:
    """The bytes of an annotation, without the layers that are None. Raises: EncodeError."""
    tokens = {name: annotation.tokens[name] for name in TOKEN_COLUMNS if name in annotation.tokens}
    row = {name: getattr(annotation, name) for name in LAYOUT.names} | {LAYOUT.tokens: tokens}
    fields = {name: value for name, value in row.items() if value is not None or name not in LAYOUT.optional}
    return dumps(fields, annotation.id)


def decode_annotation(value: bytes | None, *, headers: Sequence[tuple[str, bytes]] = ()) -> Annotation:
    """The annotation that a record holds. Raises: DecodeError, and nothing else."""
    check_schema(headers, annotation_schema.NAME, annotation_schema.MAJORS)
    if value is None:
        raise DecodeError(
            "missing-text", "expected an annotation, got a record without a value (a tombstone)"
        )
    row = json_object(value)
    model, source = get(row, "model", dict), get(row, "source", dict)
    return Annotation(
        id=get(row, "id", str),
        text=get(row, "text", str),
        lang=get(row, "lang", str, None),
        tokens=_token_columns(get(row, "tokens", dict)),
        model=_model_ref(model),
        source=Source(get(source, "topic", str), get(source, "partition", int), get(source, "offset", int)),
        sents=None if row.get("sents") is None else [char_span(span) for span in get(row, "sents", list)],
        ents=None if row.get("ents") is None else labelled_spans(row, "ents"),
        spans=None
        if row.get("spans") is None
        else {key: labelled_spans(row["spans"], key) for key in get(row, "spans", dict)},
        cats=None
        if row.get("cats") is None
        else {name: float(get(row["cats"], name, (int, float))) for name in get(row, "cats", dict)},
    )


_STRING = (str, NoneType)
_OBJECT = (dict, NoneType)


def _text_of_json(value: bytes, default_id: str) -> TextMessage:
    row = json_object(value)
    name, text, lang, meta = row.get("id"), row.get("text"), row.get("lang"), row.get("meta")
    if type(text) is str and type(name) in _STRING and type(lang) in _STRING and type(meta) in _OBJECT:
        return TextMessage(name or default_id, text, lang, meta)
    if text is None:
        raise DecodeError("missing-text", f'expected a field "text", got {sorted(row)[:10]}')
    kinds = {"text": str, "id": str, "lang": str, "meta": dict}
    raise next(
        wrong_type(field, kind, row[field])
        for field, kind in kinds.items()
        if type(row.get(field)) not in (kind, NoneType)
    )


def _token_columns(columns: Mapping[str, Any]) -> dict[str, list[Any]]:
    found = {name: get(columns, name, list) for name in TOKEN_COLUMNS if name in columns}
    if len({len(column) for column in found.values()}) > 1:
        raise DecodeError(
            "type",
            "expected token columns of equal length, got "
            f"{ {name: len(column) for name, column in found.items()} }",
        )
    for name, column in found.items():
        kind = int if name in ("start", "end", "head") else str
        wrong = next((value for value in column if type(value) is not kind), None)
        if wrong is not None:
            raise wrong_type(f"tokens.{name}", kind, wrong)
    return found


def _model_ref(row: Mapping[str, Any]) -> ModelRef:
    corrections = get(row, "corrections", dict, {})
    offsets = {partition: get(corrections, partition, int) for partition in corrections}
    return ModelRef(get(row, "name", str), get(row, "version", str), get(row, "digest", str), offsets)
