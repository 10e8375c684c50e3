# SPDX-License-Identifier: Apache-2.0
"""Bytes to text messages and back: UTF-8 JSON, or the text alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Literal

from . import text as schema
from .errors import DecodeError
from .headers import check_schema
from .json_fields import (
    BYTE_ORDER_MARK,
    check_length,
    dumps,
    get,
    json_object,
    refuse_registry,
    utf8,
    value_of,
)
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
        check_schema(headers, schema.NAME, schema.MAJORS)
    data = value_of(value, "a text")
    message = _text_alone(data, default_id) if format == "text" else _text_of_json(data, default_id)
    check_length(message.text, max_text_chars, "split the text or raise max_text_chars")
    return message


def encode_text(message: TextMessage) -> bytes:
    """The bytes of a text message, without the fields that are None. Raises: EncodeError."""
    row = {field.name: getattr(message, field.name) for field in fields(message)}
    return dumps({name: value for name, value in row.items() if value is not None}, message.id)


def _text_alone(data: bytes, default_id: str) -> TextMessage:
    refuse_registry(data)
    # A text that is nothing but the mark is that character, as in JSON.
    return TextMessage(default_id, utf8(data.removeprefix(BYTE_ORDER_MARK) or data))


def _text_of_json(data: bytes, default_id: str) -> TextMessage:
    row = json_object(data)
    if row.get("text") is None:
        raise DecodeError("missing-text", f'expected a field "text", got {sorted(row)[:10]}')
    return TextMessage(
        get(row, "id", str, None) or default_id,
        get(row, "text", str),
        get(row, "lang", str, None),
        get(row, "meta", dict, None),
    )
