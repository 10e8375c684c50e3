# SPDX-License-Identifier: Apache-2.0
"""Bytes to messages and back: UTF-8 JSON, one message a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, Literal

import orjson

from . import annotation as annotation_schema
from . import text as text_schema
from .annotation import TOKEN_COLUMNS, Annotation, CharSpan, LabelledSpan, ModelRef, Source
from .errors import DecodeError, EncodeError
from .headers import check_schema
from .text import TextMessage

TextFormat = Literal["json", "text"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OPTIONS = orjson.OPT_SERIALIZE_NUMPY


def decode_text(
    value: bytes | None,
    *,
    default_id: str,
    headers: Sequence[tuple[str, bytes]] = (),
    format: TextFormat = "json",
    max_text_chars: int = 1_000_000,
) -> TextMessage:
    """The text message that a record holds; `default_id` is for one that brings no id, or an empty one.

    Fields that this version does not know are passed over. Raises: DecodeError, and nothing else, for whatever is
    no such message; its `reason` says what is wrong.
    """
    if headers:
        check_schema(headers, text_schema.NAME, text_schema.MAJORS)
    if value is None:
        raise DecodeError("missing-text", "expected a text, got a record without a value (a tombstone)")
    message = TextMessage(default_id, _utf8(value)) if format == "text" else _text_of_json(value, default_id)
    if len(message.text) > max_text_chars:
        came = len(message.text)
        raise DecodeError("too-long", f"expected at most {max_text_chars} characters, got {came}; split the text or raise max_text_chars")
    return message


def encode_text(message: TextMessage) -> bytes:
    """The bytes of a text message, without the fields that are None. Raises: EncodeError."""
    fields = {"id": message.id, "text": message.text, "lang": message.lang, "meta": message.meta}
    return _dumps({name: value for name, value in fields.items() if value is not None}, message.id)


def encode_annotation(annotation: Annotation) -> bytes:
    """The bytes of an annotation, without the layers that are None. Raises: EncodeError."""
    fields: dict[str, Any] = {"id": annotation.id, "text": annotation.text, "lang": annotation.lang}
    fields["tokens"] = {name: annotation.tokens[name] for name in TOKEN_COLUMNS if name in annotation.tokens}
    for layer in ("sents", "ents", "spans", "cats"):
        if (value := getattr(annotation, layer)) is not None:
            fields[layer] = value
    fields["model"] = annotation.model
    fields["source"] = annotation.source
    return _dumps(fields, annotation.id)


def decode_annotation(value: bytes | None, *, headers: Sequence[tuple[str, bytes]] = ()) -> Annotation:
    """The annotation that a record holds. Raises: DecodeError, and nothing else."""
    check_schema(headers, annotation_schema.NAME, annotation_schema.MAJORS)
    if value is None:
        raise DecodeError("missing-text", "expected an annotation, got a record without a value (a tombstone)")
    row = _json_object(value)
    model, source = _get(row, "model", dict), _get(row, "source", dict)
    return Annotation(
        id=_get(row, "id", str),
        text=_get(row, "text", str),
        lang=_get(row, "lang", str, None),
        tokens=_token_columns(_get(row, "tokens", dict)),
        model=_model_ref(model),
        source=Source(_get(source, "topic", str), _get(source, "partition", int), _get(source, "offset", int)),
        sents=None if row.get("sents") is None else [_char_span(span) for span in _get(row, "sents", list)],
        ents=None if row.get("ents") is None else _labelled_spans(row, "ents"),
        spans=None if row.get("spans") is None else {key: _labelled_spans(row["spans"], key) for key in _get(row, "spans", dict)},
        cats=None if row.get("cats") is None else {name: float(_get(row["cats"], name, (int, float))) for name in _get(row, "cats", dict)},
    )


_STRING = (str, NoneType)
_OBJECT = (dict, NoneType)


def _text_of_json(value: bytes, default_id: str) -> TextMessage:
    row = _json_object(value)
    name, text, lang, meta = row.get("id"), row.get("text"), row.get("lang"), row.get("meta")
    if type(text) is str and type(name) in _STRING and type(lang) in _STRING and type(meta) in _OBJECT:
        return TextMessage(name or default_id, text, lang, meta)
    if text is None:
        raise DecodeError("missing-text", f'expected a field "text", got {sorted(row)[:10]}')
    kinds = {"text": str, "id": str, "lang": str, "meta": dict}
    raise next(_wrong_type(field, kind, row[field]) for field, kind in kinds.items() if type(row.get(field)) not in (kind, NoneType))


def _json_object(value: bytes) -> dict[str, Any]:
    try:
        row = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        if value.startswith(BYTE_ORDER_MARK + b"{"):
            return _json_object(value[len(BYTE_ORDER_MARK) :])
        _utf8(value)
        # JSON can spell half a surrogate pair (\ud800), UTF-8 cannot: such a text could never be written out again.
        reason = "surrogate" if "surrogate" in str(error) else "json"
        raise DecodeError(reason, f"expected a JSON object, got {value[:80]!r}: {error}") from None
    if not isinstance(row, dict):
        raise DecodeError("type", f"expected a JSON object, got {_shown(row)}")
    return row


def _utf8(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError("encoding", f"expected UTF-8, got byte {value[error.start]:#04x} at {error.start}: {error.reason}") from None


_REQUIRED: Any = object()


def _get(row: Mapping[str, Any], name: str, kind: type | tuple[type, ...], default: Any = _REQUIRED) -> Any:
    value = row.get(name)
    if value is None:
        if default is _REQUIRED:
            raise DecodeError("missing-field", f'expected a field "{name}", got {sorted(row)[:10]}')
        return default
    if not isinstance(value, kind) or (value is True or value is False):
        raise _wrong_type(name, kind, value)
    return value


def _wrong_type(name: str, kind: type | tuple[type, ...], value: object) -> DecodeError:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return DecodeError("type", f'expected {" or ".join(k.__name__ for k in kinds)} in field "{name}", got {_shown(value)}')


def _shown(value: object) -> str:
    # A list or an object may be nested so deeply that showing it fails.
    return type(value).__name__ if isinstance(value, (list, dict)) else f"{type(value).__name__} {str(value)[:80]!r}"


def _token_columns(columns: Mapping[str, Any]) -> dict[str, list[Any]]:
    found = {name: _get(columns, name, list) for name in TOKEN_COLUMNS if name in columns}
    if len({len(column) for column in found.values()}) > 1:
        raise DecodeError("type", f"expected token columns of equal length, got { {name: len(column) for name, column in found.items()} }")
    for name, column in found.items():
        kind = int if name in ("start", "end", "head") else str
        wrong = next((value for value in column if type(value) is not kind), None)
        if wrong is not None:
            raise _wrong_type(f"tokens.{name}", kind, wrong)
    return found


def _model_ref(row: Mapping[str, Any]) -> ModelRef:
    corrections = _get(row, "corrections", dict, {})
    offsets = {partition: _get(corrections, partition, int) for partition in corrections}
    return ModelRef(_get(row, "name", str), _get(row, "version", str), _get(row, "digest", str), offsets)


def _labelled_spans(row: Mapping[str, Any], name: str) -> list[LabelledSpan]:
    spans = [(_char_span(span), span) for span in _get(row, name, list)]
    return [LabelledSpan(place.start, place.end, _get(span, "label", str)) for place, span in spans]


def _char_span(span: object) -> CharSpan:
    if not isinstance(span, dict):
        raise _wrong_type("spans", dict, span)
    return CharSpan(_get(span, "start", int), _get(span, "end", int))


def _dumps(fields: Mapping[str, Any], name: str) -> bytes:
    try:
        return orjson.dumps(fields, default=_plain, option=OPTIONS)
    except TypeError as error:
        raise EncodeError(f"expected values that JSON in UTF-8 can express in message {name!r}: {error}") from error


def _plain(value: object) -> object:
    """Mappings and sequences that orjson does not know by type."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return list(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
