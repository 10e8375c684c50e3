# SPDX-License-Identifier: Apache-2.0
"""Records of a log as lines of JSON, whatever they hold."""

from __future__ import annotations

import base64

import orjson

from ..transports import Record


def encode_record(record: Record) -> bytes:
    """A whole record as a line of JSON; a value that is no JSON is a string, or {"base64": ...} where it is
    no text either."""
    row = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp_ms,
    }
    row |= {
        "key": None if record.key is None else _text(record.key),
        "headers": {name: _text(value) for name, value in record.headers},
    }
    return orjson.dumps(row)[:-1] + b',"value":' + encode_value(record.value) + b"}"


def encode_value(value: bytes | None) -> bytes:
    """A record's value on one line of JSON: itself where it is JSON already."""
    if value is None:
        return b"null"
    try:
        return orjson.dumps(orjson.loads(value))
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.dumps(value.decode("utf-8"))
    except UnicodeDecodeError:
        return orjson.dumps({"base64": base64.b64encode(value).decode("ascii")})


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
