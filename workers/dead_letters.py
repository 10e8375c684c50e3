# SPDX-License-Identifier: Apache-2.0
"""Dead letters: records that could not be dealt with, written, read, and sent back for another try.

A letter that was sent back stays where it is, for logs forget nothing; a note in a topic of its own
(`NOTES`) says so, written together with the record that went. A letter without a note is open. What stays bad
comes back as a new letter, which is open again, and the old one is not: texts do not double from try to try.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from schemas import (
    DeadLetter,
    DecodeError,
    Source,
    attempts,
    dead_letter_headers,
    parse_dead_letter,
    redrive_headers,
    redriven_headers,
    redriven_place,
)

from .transports import (
    MissingTopicError,
    OutgoingRecord,
    Producer,
    Record,
    TimestampRefusedError,
    Transport,
)

REDRIVE_BATCH = 500
NOTES = ".redriven"
"""What follows the name of a topic of dead letters in that of the notes on it."""


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


OnOther = Callable[[Record, DecodeError], None]


def read_dead_letters(
    records: Iterable[Record], on_other: OnOther | None = None
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


@dataclass(frozen=True, slots=True)
class Redriven:
    """Which letters of a topic were sent back: by their places, and by the records that they tell of, of
    which several readers may each have written a letter."""

    places: frozenset[str]
    sources: frozenset[Source]

    def __contains__(self, item: tuple[Record, DeadLetter]) -> bool:
        record, letter = item
        return place_of(record) in self.places or letter.source in self.sources


def place_of(record: Record) -> str:
    """A letter's place, as people name it.

    >>> place_of(Record("texts.dlq", 0, 17, 0, None, None))
    '0:17'
    """
    return f"{record.partition}:{record.offset}"


def read_redriven(transport: Transport, topic: str) -> Redriven:
    """Which letters of a topic were sent back."""
    try:
        notes = [redriven_place(note.headers) for note in transport.read(topic + NOTES)]
    except MissingTopicError:
        notes = []
    places = frozenset(place for place in notes if place is not None)
    if not places:
        return Redriven(places, frozenset())
    letters = read_dead_letters(transport.read(topic))
    told = frozenset(letter.source for record, letter in letters if place_of(record) in places)
    return Redriven(places, told)


def noting_producer(transport: Transport, topic: str) -> Producer:
    """A producer for `redrive` with notes on this topic: it writes all or nothing, and who opens another puts
    this one out. The topic of notes is made where it is missing. Raises: TransportError."""
    with closing(transport.admin()) as admin:
        admin.create_topic(topic + NOTES, 1)
    return transport.atomic_producer(f"freshet-redrive-{topic}")


def redrive_open(
    transport: Transport,
    topic: str,
    on_other: OnOther | None = None,
    on_sent: Callable[[int], None] | None = None,
) -> int:
    """Send each letter back that was not sent back before; how many records went.

    However often this is called, and by how many at once: each record goes with its note or not at all, and
    who begins puts out whoever is at it.
    """
    with closing(noting_producer(transport, topic)) as producer:
        before = read_redriven(transport, topic)
        letters = read_dead_letters(transport.read(topic), on_other)
        return redrive(producer, (one for one in letters if one not in before), on_sent, noted=True)


def redrive(
    producer: Producer,
    letters: Iterable[tuple[Record, DeadLetter]],
    on_sent: Callable[[int], None] | None = None,
    *,
    noted: bool = False,
) -> int:
    """Send what these dead letters hold back to where it came from, one attempt more; how many records went.

    A record goes once, however many letters tell of it. `on_sent` hears how many went each time some did.
    `noted`: note that they went; the producer is a `noting_producer`.
    """
    iterator = _once_a_source(letters)
    sent = 0
    while batch := list(islice(iterator, REDRIVE_BATCH)):
        back = [_rebuild(record, letter) for record, letter in batch]
        producer.send([*back, *(_note(record) for record, _ in batch if noted)])
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


def _note(record: Record) -> OutgoingRecord:
    """That a letter was sent back."""
    place = redriven_headers(record.partition, record.offset)
    return OutgoingRecord(record.topic + NOTES, b"", place_of(record).encode(), place)


def _rebuild(record: Record, letter: DeadLetter) -> OutgoingRecord:
    """A dead letter's record on its way back to where it came from, one attempt more."""
    headers = redrive_headers(record.headers)
    return OutgoingRecord(
        letter.source.topic, record.value, record.key, headers, timestamp_ms=record.timestamp_ms
    )


def reason_of(error: Exception) -> str:
    """What metrics and headers call the error: the reason of a `DecodeError`, else the class."""
    return error.reason if isinstance(error, DecodeError) else type(error).__name__
