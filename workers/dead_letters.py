# SPDX-License-Identifier: Apache-2.0
"""Records that cannot be annotated, as records for the topic of dead letters."""

from __future__ import annotations

import traceback

from schemas import (
    DeadLetter,
    DecodeError,
    attempts,
    dead_letter_headers,
    parse_dead_letter,
    redrive_headers,
)

from .transports.base import OutgoingRecord, Record


def dead_letter(
    record: Record, error: Exception, *, topic: str, stage: str, model_version: str
) -> OutgoingRecord:
    """The record as it came, with the reason in its headers; it keeps its key, value, timestamp and
    headers."""
    letter = DeadLetter(
        source=record.source,
        exception=reason_of(error),
        message=str(error),
        stage=stage,
        stacktrace="" if isinstance(error, DecodeError) else "".join(traceback.format_exception(error)),
        attempts=attempts(record.headers),
        model_version=model_version,
    )
    headers = dead_letter_headers(letter, record.headers)
    # Kafka's own clients read records without key and value, but not all of them write such.
    value = b"" if record.key is None and record.value is None else record.value
    return OutgoingRecord(topic, value, record.key, headers, timestamp_ms=record.timestamp_ms)


def without_value(letter: OutgoingRecord) -> OutgoingRecord | None:
    """The dead letter that only says where the record stands, for a log that does not take it whole; None if
    it is that already."""
    if not letter.value and letter.key is None:
        return None
    return OutgoingRecord(letter.topic, b"", None, letter.headers, letter.partition, letter.timestamp_ms)


def redriven(letter: Record) -> OutgoingRecord:
    """A dead letter's record on its way back to where it came from, one attempt more. Raises: DecodeError
    where it is none."""
    topic = parse_dead_letter(letter.headers).source.topic
    return OutgoingRecord(
        topic, letter.value, letter.key, redrive_headers(letter.headers), timestamp_ms=letter.timestamp_ms
    )


def reason_of(error: Exception) -> str:
    """What metrics and headers call the error: the reason of a `DecodeError`, else the class."""
    return error.reason if isinstance(error, DecodeError) else type(error).__name__
