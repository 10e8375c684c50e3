# SPDX-License-Identifier: Apache-2.0
"""The commit thread: what is ready, as one commit each interval, or a halt and a rewind where that fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from schemas import MODEL_VERSION, header_value

from ..dead_letters import dead_letter, in_own_time, reason_of, without_value
from ..errors import WorkerError
from ..settings import WorkerSettings
from ..transports.base import (
    FencedError,
    OutgoingRecord,
    Position,
    RecordRefusedError,
    TopicPartition,
    TransportError,
)
from .in_flight import InFlight, OffsetRange
from .membership import Membership
from .telemetry import Telemetry

log = logging.getLogger(__name__)

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class CommitUnit:
    """All that goes into one commit: outputs, dead letters and the positions behind them."""

    outputs: list[OutgoingRecord]
    dead_letters: list[OutgoingRecord]
    positions: dict[TopicPartition, Position]


class Committer:
    """Commits the ranges that are ready. `run` belongs to one thread; after a failure nothing is ready until
    the rewind."""

    def __init__(
        self,
        settings: WorkerSettings,
        in_flight: InFlight,
        membership: Membership,
        telemetry: Telemetry,
        clock: Clock = time.monotonic,
    ) -> None:
        self._settings = settings
        self._in_flight = in_flight
        self._membership = membership
        self._telemetry = telemetry
        self._clock = clock
        self.failures_in_a_row = 0
        self.last_error: TransportError | None = None

    def run(self, stop: Event) -> None:
        """Commit each interval until `stop`, and once more then."""
        last = -self._settings.commit_interval
        while not stop.is_set():
            wait = last + self._settings.commit_interval - self._clock()
            if wait > 0 and stop.wait(wait):
                break
            if self._in_flight.wait_ready(timeout=0.1):
                last = self._clock()
                self.commit_ready()
        self.commit_ready()

    def commit_ready(self) -> bool:
        """Commit what is ready now. False where there was nothing, or where it failed and the consumer must
        be rewound."""
        with self._membership.commit_lock:
            ranges = self._without_lost(self._in_flight.take_ready(overtake=self._membership.keeps_done))
            return bool(ranges) and self._commit_ranges(ranges)

    def _commit_ranges(self, ranges: list[OffsetRange]) -> bool:
        began = self._clock()
        try:
            annotations = self._commit(ranges)
        except TransportError as error:
            self._fail(ranges, error)
            return False
        self.failures_in_a_row, self.last_error = 0, None
        self._telemetry.note_commit(ranges, self._clock() - began)
        self._in_flight.release(ranges)
        if self._settings.route.is_on:
            self._telemetry.note_routes(annotations)
        self._telemetry.note_cut(annotations)
        return True

    def _without_lost(self, ranges: list[OffsetRange]) -> list[OffsetRange]:
        """Leave out ranges of partitions that another member has by now: it does them again."""
        if not ranges:
            return ranges
        epochs = self._membership.consumer().assignment()
        owned = [offsets for offsets in ranges if epochs.get(offsets.topic_partition) == offsets.epoch]
        if len(owned) < len(ranges):
            self._in_flight.release(
                [offsets for offsets in ranges if epochs.get(offsets.topic_partition) != offsets.epoch]
            )
        return owned

    def _commit(self, ranges: Sequence[OffsetRange]) -> Sequence[OutgoingRecord]:
        """Write the ranges; the annotations among what was written."""
        while True:
            unit = unit_of(ranges)
            try:
                self._membership.consumer().commit(unit.outputs, unit.dead_letters, unit.positions)
                return unit.outputs
            except RecordRefusedError as error:
                for offsets, i in [locate(ranges, index) for index in error.indexes]:
                    self._replace(offsets, i, error)

    def _replace(self, offsets: OffsetRange, i: int, error: RecordRefusedError) -> None:
        """Put a dead letter in the place of an output that the log will never take."""
        outgoing = offsets.outgoing
        assert outgoing is not None
        record = offsets.records[i]
        if (again := in_own_time(outgoing[i], error)) is not None:
            outgoing[i] = again
            return
        if i not in offsets.dead:
            version = (header_value(outgoing[i].headers, MODEL_VERSION) or b"").decode("utf-8", "replace")
            outgoing[i] = dead_letter(
                record, error, topic=self._settings.dead_letters_to, stage="commit", model_version=version
            )
            offsets.dead[i] = reason_of(error)
            self._telemetry.note_errors({i: offsets.dead[i]})
            return
        smaller = without_value(outgoing[i])
        if smaller is None:
            raise WorkerError(
                f"expected {self._settings.dead_letters_to} to take at least the headers of {record.place}, "
                f"got: {error}"
            ) from error
        outgoing[i] = smaller

    def _fail(self, ranges: Sequence[OffsetRange], error: TransportError) -> None:
        self._in_flight.halt(ranges)
        self.failures_in_a_row += 1
        self.last_error = error
        fenced = isinstance(error, FencedError)
        self._telemetry.note_commit_failure(fenced)
        level = logging.INFO if fenced else logging.WARNING
        log.log(
            level,
            "commit failed, %d records will be read again: %s",
            sum(len(offsets.records) for offsets in ranges),
            error,
        )


def unit_of(ranges: Sequence[OffsetRange]) -> CommitUnit:
    """Runs, each partition's in order, as one commit."""
    outputs: list[OutgoingRecord] = []
    dead_letters: list[OutgoingRecord] = []
    positions: dict[TopicPartition, Position] = {}
    for offsets in ranges:
        assert offsets.outgoing is not None
        if offsets.dead:
            outputs += [record for i, record in enumerate(offsets.outgoing) if i not in offsets.dead]
            dead_letters += [offsets.outgoing[i] for i in sorted(offsets.dead)]
        else:
            outputs += offsets.outgoing
        positions[offsets.topic_partition] = offsets.position
    return CommitUnit(outputs, dead_letters, positions)


def locate(ranges: Sequence[OffsetRange], index: int) -> tuple[OffsetRange, int]:
    """The range of an output, and its position there, by its place among outputs and then dead letters."""
    outputs = [
        (offsets, i) for offsets in ranges for i in range(len(offsets.records)) if i not in offsets.dead
    ]
    dead = [(offsets, i) for offsets in ranges for i in sorted(offsets.dead)]
    return (outputs + dead)[index]
