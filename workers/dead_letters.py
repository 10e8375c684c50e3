# SPDX-License-Identifier: Apache-2.0
"""Dead letters: records that could not be dealt with, written, read, and sent back for another try."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from schemas import (
    DeadLetter,
    DecodeError,
    Source,
    attempts,
    dead_letter_headers,
    parse_dead_letter,
    redrive_headers,
)

from .transports import OutgoingRecord, Producer, Record, TimestampRefusedError

REDRIVE_BATCH = 500


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


def in_own_time(record: OutgoingRecord, error: Exception) -> OutgoingRecord | None:
    """The record with the time of its writing, where the log refused the one that it has; None where that is
    not what was wrong."""
    if not isinstance(error, TimestampRefusedError) or record.timestamp_ms is None:
        return None
    return record._replace(timestamp_ms=None)


def read_dead_letters(
    records: Iterable[Record], on_other: Callable[[Record, DecodeError], None] | None = None
) -> Iterator[tuple[Record, DeadLetter]]:
    """The dead letters among records, each with what its headers say; `on_other` hears of the others."""
    for record in records:
        try:
            letter = parse_dead_letter(record.headers)
        except DecodeError as error:
            if on_other is not None:
                on_other(record, error)
            continue
        yield record, letter


def redrive(
    producer: Producer,
    letters: Iterable[tuple[Record, DeadLetter]],
    on_sent: Callable[[int], None] | None = None,
) -> int:
    """Send what dead letters hold back to where it came from, one attempt more; how many records went.

    A record goes once, however many letters tell of it. `on_sent` hears how many went each time some did.
    """
    iterator = _once_a_source(letters)
    sent = 0
    while batch := [_rebuild(record, letter) for record, letter in islice(iterator, REDRIVE_BATCH)]:
        producer.send(batch)
        sent += len(batch)
        if on_sent is not None:
            on_sent(len(batch))
    return sent


def _once_a_source(letters: Iterable[tuple[Record, DeadLetter]]) -> Iterator[tuple[Record, DeadLetter]]:
    """Several readers of one topic may each have written a letter about the same record."""
    seen: set[Source] = set()
    for record, letter in letters:
        if letter.source not in seen:
            seen.add(letter.source)
            yield record, letter


def _rebuild(record: Record, letter: DeadLetter) -> OutgoingRecord:
    """A dead letter's record on its way back to where it came from, one attempt more."""
    headers = redrive_headers(record.headers)
    return OutgoingRecord(
        letter.source.topic, record.value, record.key, headers, timestamp_ms=record.timestamp_ms
    )


def reason_of(error: Exception) -> str:
    """What metrics and headers call the error: the reason of a `DecodeError`, else the class."""
    return error.reason if isinstance(error, DecodeError) else type(error).__name__
