# SPDX-License-Identifier: Apache-2.0
"""The correction worker on any log: validated corrections out, exactly once, and counts for who asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace

from ..errors import WorkerError
from ..http.health import Health
from ..retry import Backoff
from ..transports.base import (
    Consumer,
    ConsumerOptions,
    FencedError,
    Position,
    Record,
    RecordRefusedError,
    TopicPartition,
    Transport,
    TransportError,
)
from ..transports.topic_reader import positions_after
from .handler import CorrectionHandler, HandledCorrection
from .join import AnnotationTail, open_tail
from .topology import CorrectionSettings, require_topics

log = logging.getLogger(__name__)

POLL_TIMEOUT = 0.1
MAX_POLL_RECORDS = 500
SETTLING_TIME = 0.3
"""Seconds. Kafka answers a commit before its last record can be read; what another member wrote last must not
be missed."""
PATIENCE = 60.0
"""Seconds without a poll after which the worker counts as dead."""
MAX_FAILURES = 30
"""Failures in a row after which the worker ends, for its supervisor to see."""


class CorrectionWorker:
    """Drives a handler: what that one remembers is what the validated topic tells, so nothing is kept beside
    it.

    `run` belongs to one thread; the handler's `report` and `outcomes` may be read by others.
    """

    def __init__(
        self,
        transport: Transport,
        settings: CorrectionSettings,
        *,
        slot: str = "",
        on_step: Callable[[str], None] | None = None,
    ) -> None:
        self.handler = CorrectionHandler(settings)
        self.health = Health(PATIENCE)
        self.health.warm = True
        self._transport = transport
        self._settings = settings
        self._epochs: Mapping[TopicPartition, int] = {}
        self._tail: AnnotationTail | None = None
        require_topics(transport, settings)
        options = ConsumerOptions(settings.group, (settings.input_topic,), slot=slot)
        self._options = options if on_step is None else replace(options, on_step=on_step)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises: SettingsError where a topic is missing, WorkerError where the log
        fails again and again."""
        failures = 0
        with ExitStack() as stack:
            consumer = stack.enter_context(closing(self._transport.consumer(self._options)))
            self._tail = open_tail(self._transport, self._settings.annotations, self.handler.annotations)
            if self._tail is not None:
                stack.enter_context(closing(self._tail))
            while not stop.is_set():
                try:
                    self.step(consumer)
                    failures, self.health.failing = 0, ""
                except TransportError as error:
                    failures += not isinstance(error, FencedError)
                    self.health.failing = str(error)
                    if failures > MAX_FAILURES:
                        raise WorkerError(
                            f"expected to commit corrections, failed {failures} times in a row; the last "
                            f"time: {error}"
                        ) from error
                    log.info("commit failed, the records will be read again: %s", error)
                    consumer.rewind()
                    stop.wait(Backoff().wait_for(failures))

    def step(self, consumer: Consumer) -> int:
        """Handle and commit what is there now; how many records. Raises: TransportError, and then nothing was
        written."""
        self.health.beat()
        records = consumer.poll(POLL_TIMEOUT, MAX_POLL_RECORDS)
        self.health.joined = True
        epochs = dict(consumer.assignment())
        if any(self._epochs.get(place) != epoch for place, epoch in epochs.items()):
            time.sleep(SETTLING_TIME)  # partitions are new here: what was written for them is to be read
            self.handler.restore(self._transport.read(self._settings.output_topic))
        self._epochs = epochs
        owned = [record for record in records if record.topic_partition in epochs]
        if owned:
            self._handle(consumer, owned)
        return len(owned)

    def _handle(self, consumer: Consumer, records: list[Record]) -> None:
        if self._tail is not None:
            self._tail.advance()
        handled = [self.handler.handle(record) for record in records]
        positions = positions_after(records, self._epochs)
        for done in commit_handled(consumer, handled, positions, self.handler.lessen):
            self.handler.outcomes[done.outcome] += 1
            self.handler.count(done)


def commit_handled(
    consumer: Consumer,
    handled: list[HandledCorrection],
    positions: Mapping[TopicPartition, Position],
    lessen: Callable[[HandledCorrection, Exception], HandledCorrection],
) -> list[HandledCorrection]:
    """Commit what was made of records, with less for those that the log will never take; what was written.

    Raises: TransportError, and then nothing was written; WorkerError where not even the least is taken.
    """
    handled = list(handled)
    while True:
        outputs = [i for i, one in enumerate(handled) if one.output is not None]
        letters = [i for i, one in enumerate(handled) if one.output is None and one.dead_letter is not None]
        try:
            consumer.commit(
                [output for i in outputs if (output := handled[i].output)],
                [letter for i in letters if (letter := handled[i].dead_letter)],
                positions,
            )
            return handled
        except RecordRefusedError as error:
            for index in error.indexes:
                i = [*outputs, *letters][index]
                handled[i] = lessen(handled[i], error)
