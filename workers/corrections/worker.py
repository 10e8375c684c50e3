# SPDX-License-Identifier: Apache-2.0
"""The correction worker on any log: validated corrections out, exactly once, and counts for who asks."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

from ..dead_letters import dead_letter, without_value
from ..errors import SettingsError, WorkerError
from ..transports.base import (
    Consumer,
    ConsumerOptions,
    FencedError,
    OutgoingRecord,
    Position,
    Record,
    RecordTooLargeError,
    TopicPartition,
    Transport,
    TransportError,
)
from ..transports.topic_reader import topic_infos
from .dedupe import Memory
from .handler import CorrectionSettings, Handled, count, handle, restored
from .join import AnnotationTail, LatestAnnotations, opened_tail
from .tables import report

log = logging.getLogger(__name__)

POLL_TIMEOUT = 0.1
MAX_POLL_RECORDS = 500
RETRY_WAIT = 1.0
SETTLING_TIME = 0.3
"""Seconds. Kafka answers a commit before its last record can be read; what another member wrote last must not
be missed."""
MAX_FAILURES = 30
"""Failures in a row after which the worker ends, for its supervisor to see."""


class CorrectionStream:
    """One worker: what it remembers is what the validated topic tells, so nothing is kept beside it.

    `run` belongs to one thread; `report` and `outcomes` may be read by others.
    """

    def __init__(
        self,
        transport: Transport,
        settings: CorrectionSettings,
        *,
        slot: str = "",
        on_step: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings
        self.outcomes: Counter[str] = Counter()
        self._transport = transport
        self._memory = Memory(max_ids=settings.max_ids)
        self._tables: dict[int, dict[str, Any]] = {}
        self._annotations = LatestAnnotations(settings.max_annotations)
        self._epochs: Mapping[TopicPartition, int] = {}
        self._tail: AnnotationTail | None = None
        require_topics(transport, settings)
        options = ConsumerOptions(settings.group, (settings.input_topic,), slot=slot)
        self._options = options if on_step is None else replace(options, on_step=on_step)

    def report(self) -> dict[str, Any]:
        """The windowed tables, the drift between them, and what became of the records that this worker
        saw."""
        return report(list(self._tables.values())) | {"outcomes": dict(self.outcomes)}

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises: SettingsError where a topic is missing, WorkerError where the log
        fails again and again."""
        failures = 0
        with ExitStack() as stack:
            consumer = stack.enter_context(closing(self._transport.consumer(self._options)))
            self._tail = opened_tail(self._transport, self.settings.annotations, self._annotations)
            if self._tail is not None:
                stack.enter_context(closing(self._tail))
            while not stop.is_set():
                try:
                    self.step(consumer)
                    failures = 0
                except TransportError as error:
                    failures += not isinstance(error, FencedError)
                    if failures > MAX_FAILURES:
                        raise WorkerError(
                            f"expected to commit corrections, failed {failures} times in a row; the last "
                            f"time: {error}"
                        ) from error
                    log.info("commit failed, the records will be read again: %s", error)
                    consumer.rewind()
                    stop.wait(RETRY_WAIT * (failures > 0))

    def step(self, consumer: Consumer) -> int:
        """Handle and commit what is there now; how many records. Raises: TransportError, and then nothing was
        written."""
        records = consumer.poll(POLL_TIMEOUT, MAX_POLL_RECORDS)
        epochs = dict(consumer.assignment())
        if any(self._epochs.get(place) != epoch for place, epoch in epochs.items()):
            self._restore()
        self._epochs = epochs
        owned = [record for record in records if record.topic_partition in epochs]
        if owned:
            if self._tail is not None:
                self._tail.advance()
            pairs = [
                (record, handle(record, self._memory, self._annotations, self.settings)) for record in owned
            ]
            positions = {
                record.topic_partition: Position(record.offset + 1, epochs[record.topic_partition])
                for record in owned
            }
            self._commit(consumer, pairs, positions)
            self._count(pairs)
        return len(owned)

    def _restore(self) -> None:
        """Partitions are new here: what was written for them is in the validated topic."""
        time.sleep(SETTLING_TIME)
        memory = Memory(max_ids=self.settings.max_ids)
        tables = restored(self._transport.read(self.settings.output_topic), memory, self.settings)
        for partition, mine in self._tables.items():
            if mine["next"] > tables.get(partition, {"next": 0})["next"]:
                tables[partition] = mine
        for kept, found in ((self._memory.first, memory.first), (self._memory.superseded, memory.superseded)):
            found.update({key: place for key, place in kept.items() if key not in found})
        self._memory, self._tables = memory, tables

    def _commit(
        self,
        consumer: Consumer,
        pairs: list[tuple[Record, Handled]],
        positions: Mapping[TopicPartition, Position],
    ) -> None:
        outputs = [(record, handled.output) for record, handled in pairs if handled.output]
        letters = [(record, handled.dead_letter) for record, handled in pairs if handled.dead_letter]
        while True:
            try:
                return consumer.commit(
                    [output for _, output in outputs], [letter for _, letter in letters], positions
                )
            except RecordTooLargeError as error:
                if error.index < len(outputs):
                    record, _ = outputs.pop(error.index)
                    topic = self.settings.dead_letters_to
                    letters.append(
                        (record, dead_letter(record, error, topic=topic, stage="commit", model_version=""))
                    )
                else:
                    _make_smaller(letters, error.index - len(outputs), error)

    def _count(self, pairs: list[tuple[Record, Handled]]) -> None:
        for record, handled in pairs:
            self.outcomes[handled.outcome] += 1
            tables = count(self._tables.get(record.partition), record, handled, self.settings)
            if tables is not None:
                self._tables = {**self._tables, record.partition: tables}


def make_output_topics(transport: Transport, settings: CorrectionSettings) -> None:
    """Make the topics of valid corrections and of dead letters where they are missing, with as many
    partitions as the corrections have."""
    with closing(transport.admin()) as admin:
        existing = {info.name: len(info.bounds) for info in admin.topics()}
        for topic in settings.topics:
            if topic not in existing and settings.input_topic in existing:
                admin.create_topic(topic, existing[settings.input_topic])


def require_topics(transport: Transport, settings: CorrectionSettings) -> int:
    """How many partitions the corrections topic has. Raises: SettingsError where a topic is missing."""
    existing = topic_infos(transport)
    missing = [topic for topic in settings.topics if topic not in existing]
    if missing:
        raise SettingsError(
            f"corrections -> topics: missing are {', '.join(missing)}; make them with `freshet topics "
            "create NAME`, "
            f"those that exist: {', '.join(existing) or 'none'}"
        )
    return len(existing[settings.input_topic].bounds)


def _make_smaller(
    letters: list[tuple[Record, OutgoingRecord]], index: int, error: RecordTooLargeError
) -> None:
    record, letter = letters[index]
    smaller = without_value(letter)
    if smaller is None:
        raise WorkerError(
            f"expected {letter.topic} to take at least the headers of {record.place}, got: {error}"
        ) from error
    letters[index] = (record, smaller)
