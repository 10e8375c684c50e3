# SPDX-License-Identifier: Apache-2.0
"""The commit thread: finished runs, as one commit each interval, or a halt and a rewind where that fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Lock

from schemas import header_value
from schemas.headers import MODEL_VERSION

from ..dead_letters import dead_letter, reason_of, without_value
from ..errors import WorkerError
from ..settings import WorkerSettings
from ..transports.base import (
    Consumer,
    FencedError,
    OutgoingRecord,
    Position,
    RecordTooLargeError,
    TopicPartition,
    TransportError,
)
from .in_flight import Run, RunTracker
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
    """Commits what the tracker says is ready. `run` belongs to one thread; after a failure nothing is ready
    until the rewind.

    Whoever holds `lock` may be sure that no commit is under way.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        tracker: RunTracker,
        consumer: Callable[[], Consumer],
        telemetry: Telemetry,
        clock: Clock = time.monotonic,
    ) -> None:
        self._settings = settings
        self._tracker = tracker
        self._consumer = consumer
        self._telemetry = telemetry
        self._clock = clock
        self.lock = Lock()
        self.failures_in_a_row = 0
        self.last_error: TransportError | None = None

    def run(self, stop: Event) -> None:
        """Commit each interval until `stop`, and once more then."""
        last = -self._settings.commit_interval
        while not stop.is_set():
            wait = last + self._settings.commit_interval - self._clock()
            if wait > 0 and stop.wait(wait):
                break
            if self._tracker.wait_ready(timeout=0.1):
                last = self._clock()
                self.commit_ready()
        self.commit_ready()

    def commit_ready(self) -> bool:
        """Commit what is ready now. False where there was nothing, or where it failed and the consumer must
        be rewound."""
        with self.lock:
            runs = self._owned(self._tracker.take_ready())
            return bool(runs) and self._commit_runs(runs)

    def _commit_runs(self, runs: list[Run]) -> bool:
        began = self._clock()
        try:
            self._commit(runs)
        except TransportError as error:
            self._fail(runs, error)
            return False
        self._tracker.release(runs)
        self.failures_in_a_row, self.last_error = 0, None
        self._telemetry.committed(runs, self._clock() - began)
        return True

    def _owned(self, runs: list[Run]) -> list[Run]:
        """Leave out runs of partitions that another member has by now: it does them again."""
        if not runs:
            return runs
        epochs = self._consumer().assignment()
        owned = [run for run in runs if epochs.get(run.topic_partition) == run.epoch]
        if len(owned) < len(runs):
            self._tracker.release([run for run in runs if epochs.get(run.topic_partition) != run.epoch])
        return owned

    def _commit(self, runs: Sequence[Run]) -> None:
        while True:
            unit = unit_of(runs)
            try:
                return self._consumer().commit(unit.outputs, unit.dead_letters, unit.positions)
            except RecordTooLargeError as error:
                self._replace(runs, error)

    def _replace(self, runs: Sequence[Run], error: RecordTooLargeError) -> None:
        """Put a dead letter in the place of an output that the log will never take."""
        run, i = locate(runs, error.index)
        answers = run.answers
        assert answers is not None
        record = run.records[i]
        if i not in run.dead:
            version = (header_value(answers[i].headers, MODEL_VERSION) or b"").decode("utf-8", "replace")
            answers[i] = dead_letter(
                record, error, topic=self._settings.dead_letters_to, stage="commit", model_version=version
            )
            run.dead[i] = reason_of(error)
            self._telemetry.failed({i: run.dead[i]})
            return
        smaller = without_value(answers[i])
        if smaller is None:
            raise WorkerError(
                f"expected {self._settings.dead_letters_to} to take at least the headers of "
                f"{record.place}, got: {error}"
            ) from error
        answers[i] = smaller

    def _fail(self, runs: Sequence[Run], error: TransportError) -> None:
        self._tracker.halt(runs)
        self.failures_in_a_row += 1
        self.last_error = error
        fenced = isinstance(error, FencedError)
        self._telemetry.commit_failed(fenced)
        level = logging.INFO if fenced else logging.WARNING
        log.log(
            level,
            "commit failed, %d records will be read again: %s",
            sum(len(run.records) for run in runs),
            error,
        )


def unit_of(runs: Sequence[Run]) -> CommitUnit:
    """Runs, each partition's in order, as one commit."""
    outputs: list[OutgoingRecord] = []
    dead_letters: list[OutgoingRecord] = []
    positions: dict[TopicPartition, Position] = {}
    for run in runs:
        assert run.answers is not None
        if run.dead:
            outputs += [answer for i, answer in enumerate(run.answers) if i not in run.dead]
            dead_letters += [run.answers[i] for i in sorted(run.dead)]
        else:
            outputs += run.answers
        positions[run.topic_partition] = run.position
    return CommitUnit(outputs, dead_letters, positions)


def locate(runs: Sequence[Run], index: int) -> tuple[Run, int]:
    """The run and the position in it of an answer, by its place among outputs followed by dead letters."""
    outputs = [(run, i) for run in runs for i in range(len(run.records)) if i not in run.dead]
    dead = [(run, i) for run in runs for i in sorted(run.dead)]
    return (outputs + dead)[index]
