# SPDX-License-Identifier: Apache-2.0
"""A worker's membership of its consumer group: the partitions it owns, and how it goes on after a failure.

After a failed commit the consumer is rewound to the committed positions; where that fails again and again
it is made anew, which moves partitions.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Event, Lock

from ..errors import WorkerError
from ..retry import Backoff, is_time_to_renew
from ..transports.base import (
    Consumer,
    ConsumerOptions,
    Record,
    TopicPartition,
    Transport,
    TransportError,
)
from .in_flight import InFlight
from .telemetry import Telemetry
from .watchdog import ProgressWatchdog

log = logging.getLogger(__name__)

BACKOFF = Backoff(initial=0.05, max=1.0)

Epochs = Mapping[TopicPartition, int]
"""The owned partitions, each with the epoch at which this member got it."""


class Membership:
    """Belongs to the polling thread, but for `consumer` and `commit_lock`.

    Whoever holds `commit_lock` may be sure that no commit is under way.
    """

    def __init__(
        self,
        transport: Transport,
        options: ConsumerOptions,
        in_flight: InFlight,
        watchdog: ProgressWatchdog,
        telemetry: Telemetry,
        stop: Event,
    ) -> None:
        self._transport = transport
        self._options = options
        self._in_flight = in_flight
        self._watchdog = watchdog
        self._telemetry = telemetry
        self._stop = stop
        self._consumer: Consumer | None = None
        self._paused: tuple[bool, Epochs] = (False, {})
        self.epochs: Epochs = {}
        self.commit_lock = Lock()

    def consumer(self) -> Consumer:
        """The consumer behind what is in flight, to commit with."""
        if self._consumer is None:
            raise WorkerError("expected a consumer behind every range, got none; this is a bug in Freshet")
        return self._consumer

    @property
    def keeps_done(self) -> bool:
        """Whether a commit may say what is done behind its positions."""
        return self._consumer is not None and self._consumer.keeps_done

    def prepare(self, commit_failures: int) -> None:
        """Stand behind the last commit: join, or after a failed commit rewind, or leave and join again where
        so many in a row say so. Raises: TransportError."""
        if self._in_flight.halted and is_time_to_renew(commit_failures):
            self.renew()
        if self._consumer is None:
            self._consumer = self._transport.consumer(self._options)
        elif self._in_flight.halted:
            self._rewind(self._consumer, commit_failures)

    def poll(self, timeout: float, max_records: int, *, paused: bool) -> list[Record]:
        """Records of the owned partitions, or none while paused. Raises: TransportError."""
        consumer = self.consumer()
        if self._paused != (paused, self.epochs):  # a partition that comes anew is not paused
            (consumer.pause if paused else consumer.resume)(self.epochs)
            self._paused = (paused, self.epochs)
        records = consumer.poll(timeout, max_records)
        self._adopt(consumer.assignment())
        return records

    def keep_alive(self, timeout: float) -> None:
        """Poll with everything paused, so that the group does not give the partitions away. Raises:
        TransportError."""
        if self._consumer is None:
            return
        self._consumer.pause(self._consumer.assignment())
        self._consumer.poll(timeout, 1)
        self._in_flight.retain(self._consumer.assignment())

    def renew(self) -> None:
        """Leave the group; `prepare` joins it again, and what is in flight now is read again."""
        with self.commit_lock:
            self._in_flight.halt()
            self.leave()
            self._consumer = None
            self._adopt({})
            self._in_flight.restart()
        self._telemetry.note_renewal()

    def leave(self) -> None:
        """Leave the group."""
        if self._consumer is not None:
            with suppress(TransportError):
                self._consumer.close()

    def _rewind(self, consumer: Consumer, commit_failures: int) -> None:
        """After a failed commit: read again from the committed positions, under new epochs."""
        if commit_failures > 1:
            self._stop.wait(BACKOFF.wait_for(commit_failures))
        consumer.rewind()
        self._in_flight.restart()
        self._adopt(consumer.assignment())

    def _adopt(self, epochs: Epochs) -> None:
        """Go by this assignment; what was in flight for partitions that were lost is dropped."""
        if epochs == self.epochs:
            return
        n_dropped = self._in_flight.retain(epochs)
        self.epochs = dict(epochs)
        self._watchdog.note_assignment(epochs, time.monotonic())
        self._telemetry.note_assignment(epochs)
        log.info("%d partitions assigned, %d records in flight dropped", len(epochs), n_dropped)
