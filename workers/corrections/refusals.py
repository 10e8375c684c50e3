# SPDX-License-Identifier: Apache-2.0
"""Dead letters of corrections: of readers that keep their own positions, and on their way back.

Every reader of a topic of corrections says in its dead letters what it could not read, under a stage of its
own. A record's place and the stage are the letter's identity: whoever writes one again after a fall finds it
there, and a place whose letters stand there twice goes back once.
"""

from __future__ import annotations

from collections.abc import Container
from contextlib import closing

from schemas import parse_dead_letter

from ..dead_letters import (
    dead_letter,
    in_own_time,
    noting_producer,
    place_of,
    read_dead_letters,
    redrive_open,
    without_value,
)
from ..dead_letters import redrive as send_back
from ..errors import WorkerError
from ..transports.base import OutgoingRecord, Producer, Record, RecordRefusedError, Transport
from ..transports.topic_reader import topic_info, topic_infos


def dead_letter_topic(topic: str) -> str:
    """Where the dead letters of a topic of corrections go unless somebody says otherwise."""
    return f"{topic}.dlq"


def make_dead_letter_topic(transport: Transport, topic: str, letters: str = "") -> str:
    """Make a topic's topic of dead letters, `letters` or the usual one, where it is missing, with as many
    partitions; its name. Raises: TransportError where there is no such topic."""
    name, partitions = letters or dead_letter_topic(topic), len(topic_info(transport, topic).bounds)
    if name not in topic_infos(transport):  # who may not make topics need not be able to
        with closing(transport.admin()) as admin:
            admin.create_topic(name, partitions)
    return name


class Refusals:
    """Writes the dead letters of a reader that keeps its own positions, each once.

    A letter is written before the position behind its record is kept. Who falls between the two reads the
    record again, and finds the letter among those that are there. Nothing is opened before there is a letter.
    """

    def __init__(self, transport: Transport, topic: str, stage: str) -> None:
        """`topic`: of corrections; `stage`: what the letters of this reader are known by."""
        self._transport, self._topic, self._stage = transport, topic, stage
        self._letters = dead_letter_topic(topic)
        self._producer: Producer | None = None
        self._written: set[tuple[int, int]] = set()

    def write(self, record: Record, error: Exception) -> None:
        """Write the record's dead letter unless it is there; durable on return. Raises: TransportError,
        WorkerError."""
        producer = self._producer or self._open()
        if (record.partition, record.offset) in self._written:
            return
        letter = dead_letter(record, error, topic=self._letters, stage=self._stage, model_version="")
        try:
            producer.send([letter])
        except RecordRefusedError as refusal:
            producer.send([shrink(letter, refusal)])

    def close(self) -> None:
        """Release what is held."""
        if self._producer is not None:
            self._producer.close()

    def _open(self) -> Producer:
        make_dead_letter_topic(self._transport, self._topic)
        for _, letter in read_dead_letters(self._transport.read(self._letters)):
            if (letter.source.topic, letter.stage) == (self._topic, self._stage):
                self._written.add((letter.source.partition, letter.source.offset))
        self._producer = self._transport.producer()
        return self._producer


def shrink(letter: OutgoingRecord, error: Exception) -> OutgoingRecord:
    """The dead letter with its own time, or one that only says where its record stands, for a log that does
    not take it as it is. Raises: WorkerError where it is that already."""
    smaller = in_own_time(letter, error) or without_value(letter)
    if smaller is None:
        place = parse_dead_letter(letter.headers).source
        raise WorkerError(
            f"expected {letter.topic} to take at least the headers of {place}, got: {error}"
        ) from error
    return smaller


def redrive(transport: Transport, letters: str, places: Container[str] | None = None) -> int:
    """Send the dead letters at these places (`partition:offset`; None: all that were not sent back before)
    back to where they came from; how many records went.

    A record goes once, however many letters tell of it. A repeat is harmless: who gets a correction twice
    knows it by its id.
    """
    if places is None:
        return redrive_open(transport, letters)
    with closing(noting_producer(transport, letters)) as producer:
        found = read_dead_letters(transport.read(letters))
        return send_back(producer, (one for one in found if place_of(one[0]) in places), noted=True)
