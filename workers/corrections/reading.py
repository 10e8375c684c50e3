# SPDX-License-Identifier: Apache-2.0
"""A record of the corrections topic as a correction, and a correction as a record for those who learn from
it."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from schemas import (
    Correction,
    DecodeError,
    Source,
    encode_correction,
    header_value,
    output_headers,
    parse_source,
    read_correction,
    schema_header,
)
from schemas import correction as schema
from schemas.headers import SRC

from ..transports.base import OutgoingRecord, Record
from .changes import Changes

SCHEMA_HEADER = schema_header(schema.NAME, schema.MAJOR)
CHANGES = "freshet-changes"
"""Header of a valid correction that was joined with its annotation: what it kept, added and removed, by layer
and label."""


def correction_of(record: Record, max_text_chars: int = 1_000_000) -> Correction | None:
    """The correction that a record holds, in our form or as Prodigy's task; None for a task that says
    nothing.

    What it does not say comes from the record, so that it reads the same each time: the key or the place is
    its id, the record's time its time. Raises: DecodeError, with the reason for the dead letter.
    """
    return read_correction(
        record.value,
        headers=record.headers,
        default_id=record.key.decode("utf-8", "replace") if record.key else record.place,
        default_created=datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).isoformat(timespec="seconds"),
        max_text_chars=max_text_chars,
    )


def valid_record(
    record: Record, correction: Correction, changes: Changes | None, topic: str
) -> OutgoingRecord:
    """What the validated topic gets for a correction: the same bytes each time that the same record is
    read."""
    headers = output_headers(record.headers, SCHEMA_HEADER, record.source, correction.model_version or "")
    if changes is not None:
        headers = (*headers, (CHANGES, orjson.dumps(changes, option=orjson.OPT_SORT_KEYS)))
    return OutgoingRecord(
        topic,
        encode_correction(correction),
        correction.id.encode(),
        headers,
        timestamp_ms=record.timestamp_ms,
    )


def source_of(record: Record) -> Source:
    """Where the record stands that a valid correction was made of. Raises: DecodeError."""
    value = header_value(record.headers, SRC)
    if value is None:
        raise DecodeError(
            "schema-header", f"expected a header {SRC}, got none; is this the topic of valid corrections?"
        )
    return parse_source(value)


def changes_of(record: Record) -> Changes | None:
    """The changes that a valid correction's header tells of; None where it was not joined."""
    value = header_value(record.headers, CHANGES)
    return None if value is None else orjson.loads(value)
