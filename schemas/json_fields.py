# SPDX-License-Identifier: Apache-2.0
"""JSON objects with fields of known types: what the codecs of all messages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from .annotation import CharSpan, LabelledSpan, Source
from .errors import DecodeError, EncodeError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OPTIONS = orjson.OPT_SERIALIZE_NUMPY


def value_of(value: bytes | None, what: str) -> bytes:
    """A record's value, where it has one. Raises: DecodeError (`missing-text`)."""
    if value is None:
        raise DecodeError("missing-text", f"expected {what}, got a record without a value (a tombstone)")
    return value


def json_object(value: bytes) -> dict[str, Any]:
    """The object that these bytes spell, a byte order mark passed over. Raises: DecodeError (`encoding`,
    `json`, `surrogate`, `type`)."""
    try:
        row = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        if value.startswith(BYTE_ORDER_MARK + b"{"):
            return json_object(value[len(BYTE_ORDER_MARK) :])
        refuse_registry(value)
        utf8(value)
        # JSON can spell half a surrogate pair (\ud800), UTF-8 cannot: such a text could never be written out
        # again.
        reason = "surrogate" if "surrogate" in str(error) else "json"
        raise DecodeError(reason, f"expected a JSON object, got {value[:80]!r}: {error}") from None
    if not isinstance(row, dict):
        raise DecodeError("type", f"expected a JSON object, got {show(row)}")
    return row


def refuse_registry(value: bytes) -> None:
    """Refuse what a schema registry's serializers write: a zero byte, the schema's number in four bytes, and
    the message in Avro, Protobuf or JSON. Raises: DecodeError (`schema-registry`)."""
    if len(value) > 5 and value.startswith(b"\0\0"):
        form = "JSON Schema" if value[5:6] == b"{" else "Avro or Protobuf"
        raise DecodeError(
            "schema-registry",
            f"expected JSON, got a schema registry's wire format ({form}, schema "
            f"{int.from_bytes(value[1:5])}), which is not read: let the producer write plain JSON, or "
            "convert the topic before",
        )


def utf8(value: bytes) -> str:
    """The text of these bytes. Raises: DecodeError (`encoding`)."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError(
            "encoding", f"expected UTF-8, got byte {value[error.start]:#04x} at {error.start}: {error.reason}"
        ) from None


REQUIRED: Any = object()
"""Stands for "there is no default"."""


def get(row: Mapping[str, Any], name: str, kind: type | tuple[type, ...], default: Any = REQUIRED) -> Any:
    """The field of that kind, or the default where it is missing or null. Raises: DecodeError
    (`missing-field`, `type`)."""
    value = row.get(name)
    if value is None:
        if default is REQUIRED:
            raise DecodeError("missing-field", f'expected a field "{name}", got {sorted(row)[:10]}')
        return default
    if not isinstance(value, kind) or (value is True or value is False):
        raise wrong_type(name, kind, value)
    return value


def column(row: Mapping[str, Any], name: str, kind: type, *, nulls: bool = False) -> list[Any]:
    """The field that is a list of values of that kind, on demand with nulls among them. Raises: DecodeError
    (`missing-field`, `type`)."""
    values: list[Any] = get(row, name, list)
    for value in values:
        if type(value) is not kind and not (nulls and value is None):
            raise wrong_type(name, kind, value)
    return values


def check_length(text: str, limit: int, advice: str) -> None:
    """Refuse a text of more characters. Raises: DecodeError (`too-long`)."""
    if len(text) > limit:
        raise DecodeError("too-long", f"expected at most {limit} characters, got {len(text)}; {advice}")


def wrong_type(name: str, kind: type | tuple[type, ...], value: object) -> DecodeError:
    """The error for a field that holds a value of another kind."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return DecodeError(
        "type", f'expected {" or ".join(k.__name__ for k in kinds)} in field "{name}", got {show(value)}'
    )


def show(value: object) -> str:
    """A value as an error message may show it, cut."""
    # A list or an object may be nested so deeply that showing it fails.
    return (
        type(value).__name__
        if isinstance(value, (list, dict))
        else f"{type(value).__name__} {str(value)[:80]!r}"
    )


def labelled_spans(row: Mapping[str, Any], name: str, label: Any = REQUIRED) -> list[LabelledSpan]:
    """The spans in a field; `label` is for those that bring none. Raises: DecodeError."""
    spans = [(char_span(span), span) for span in get(row, name, list)]
    return [LabelledSpan(place.start, place.end, get(span, "label", str, label)) for place, span in spans]


def char_span(span: object) -> CharSpan:
    """A span without its label. Raises: DecodeError."""
    if not isinstance(span, dict):
        raise wrong_type("spans", dict, span)
    return CharSpan(get(span, "start", int), get(span, "end", int))


def source_of(row: Mapping[str, Any]) -> Source:
    """A place in the log. Raises: DecodeError."""
    return Source(get(row, "topic", str), get(row, "partition", int), get(row, "offset", int))


def dumps(fields: Mapping[str, Any], name: str) -> bytes:
    """The bytes of the message `name`. Raises: EncodeError where JSON in UTF-8 cannot express a value."""
    try:
        return orjson.dumps(fields, default=_plain, option=OPTIONS)
    except TypeError as error:
        raise EncodeError(
            f"expected values that JSON in UTF-8 can express in message {name!r}: {error}"
        ) from error


def _plain(value: object) -> object:
    """Mappings and sequences that orjson does not know by type."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return list(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
