# SPDX-License-Identifier: Apache-2.0
"""The record of the validated topic: a correction that passed, where it came from, and what it changed."""

from __future__ import annotations

import orjson

from schemas import (
    SRC,
    Correction,
    DecodeError,
    Source,
    encode_correction,
    header_value,
    output_headers,
    parse_source,
    schema_header,
)
from schemas import correction as schema

from ..transports.base import OutgoingRecord, Record
from .changes import Changes
from .route_outcomes import RouteOutcome

SCHEMA_HEADER = schema_header(schema.NAME, schema.MAJOR)
CHANGES = "freshet-changes"
"""Header of a valid correction that was joined with its annotation: what it kept, added and removed, by layer
and label."""


def write_valid(
    record: Record,
    correction: Correction,
    changes: Changes | None,
    topic: str,
    outcome: RouteOutcome | None = None,
) -> OutgoingRecord:
    """What the validated topic gets for a correction: the same bytes each time that the same record is
    read."""
    headers = output_headers(record.headers, SCHEMA_HEADER, record.source, correction.model_version or "")
    if changes is not None:
        headers = (*headers, (CHANGES, orjson.dumps(changes, option=orjson.OPT_SORT_KEYS)))
    if outcome is not None:
        headers = (*headers, outcome.to_header())
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
