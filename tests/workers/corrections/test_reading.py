# SPDX-License-Identifier: Apache-2.0
"""What a record adds to a correction that does not say all."""

from __future__ import annotations

import orjson

from workers.corrections import read_correction
from workers.transports.base import Record

TASK = {"text": "Hi", "label": "HELLO", "answer": "accept"}


def record(value: object, key: bytes | None = None) -> Record:
    """A record of the year 1970."""
    return Record("corrections", 0, 7, 1_000_000, key, orjson.dumps(value))


def test_the_time_is_the_records_unless_the_correction_says_one() -> None:
    """So it reads the same each time."""
    told = [read_correction(record(TASK | more)) for more in ({}, {"_timestamp": 5})]
    assert [one.created for one in told if one] == ["1970-01-01T00:16:40+00:00", "1970-01-01T00:00:05+00:00"]


def test_the_id_is_the_fields_else_the_key_else_the_place() -> None:
    """A key that is no UTF-8 still names the text."""
    told = [
        read_correction(record(TASK | {"id": "m-1"}, b"k")),
        read_correction(record(TASK, b"k\xff")),
        read_correction(record(TASK, b"")),
    ]
    assert [one.id for one in told if one] == ["m-1", "k\ufffd", "corrections:0:7"]
