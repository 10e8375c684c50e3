# SPDX-License-Identifier: Apache-2.0
"""What is in flight: runs of records, and the contiguous prefix of each partition that may be committed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition

from ..transports.base import OutgoingRecord, Position, Record, TopicPartition


@dataclass(slots=True, eq=False)
class Run:
    """Consecutive records of one partition within one micro-batch, and what became of them.

    `answers[i]` is what is written for `records[i]`: its annotation, or its dead letter where `dead` has
    a reason for `i`.
    """

    topic_partition: TopicPartition
    epoch: int
    received: float
    records: list[Record] = field(default_factory=list)
    n_tokens: int = 0
    answers: list[OutgoingRecord] | None = None
    dead: dict[int, str] = field(default_factory=dict)
    dropped: bool = False

    @property
    def position(self) -> Position:
        """Where the partition is to be read on once this run is committed."""
        return Position(self.records[-1].offset + 1, self.epoch)


class RunTracker:
    """Keeps every partition's runs in the order of their offsets and gives out only what has no gap before
    it.

    After a failed commit nothing may be committed, and no record taken in, before the consumer was rewound: a
    later commit would step over the records that were not written. `halt` and `restart` keep to that.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._queues: dict[TopicPartition, deque[Run]] = {}
        self._n_tokens = 0
        self._n_records = 0
        self._halted = False

    @property
    def n_tokens(self) -> int:
        """Tokens in flight, by estimate: taken in and neither committed nor dropped."""
        return self._n_tokens

    @property
    def n_records(self) -> int:
        """Records in flight."""
        return self._n_records

    @property
    def halted(self) -> bool:
        """Whether a commit failed and the consumer has not been rewound since."""
        return self._halted

    def open(self, run: Run) -> bool:
        """Take in a new run; False where nothing may be taken in now."""
        with self._changed:
            if self._halted:
                return False
            self._queues.setdefault(run.topic_partition, deque()).append(run)
            return True

    def extend(self, run: Run, records: Sequence[Record], n_tokens: int) -> None:
        """Add the next records of a run that nobody works on yet."""
        with self._changed:
            if run.dropped:
                return
            run.records.extend(records)
            run.n_tokens += n_tokens
            self._n_tokens += n_tokens
            self._n_records += len(records)

    def finish(self, run: Run, answers: Sequence[OutgoingRecord], dead: Mapping[int, str]) -> None:
        """Note the answers of a run, one for each record. Raises: AssertionError where they are not."""
        if len(answers) != len(run.records):
            raise AssertionError(
                f"expected {len(run.records)} answers, got {len(answers)}; this is a bug in Freshet"
            )
        with self._changed:
            if not run.dropped:
                run.answers, run.dead = list(answers), dict(dead)
                self._changed.notify_all()

    def wait_ready(self, timeout: float) -> bool:
        """Wait until there is something to commit; False where the time ran out."""
        with self._changed:
            return self._changed.wait_for(self._any_ready, timeout)

    def take_ready(self) -> list[Run]:
        """The finished runs without a gap before them; the caller commits them and then calls `release`, or
        `halt`s."""
        ready: list[Run] = []
        with self._changed:
            for queue in self._queues.values():
                while queue and queue[0].answers is not None:
                    ready.append(queue.popleft())
        return ready

    def release(self, runs: Sequence[Run]) -> None:
        """Forget runs that were committed, or that another member will do again."""
        with self._changed:
            self._forget(runs)

    def retain(self, epochs: Mapping[TopicPartition, int]) -> int:
        """Drop the runs of partitions that are no longer owned under the epoch in which they were read; how
        many records."""
        with self._changed:
            before = self._n_records
            for topic_partition in list(self._queues):
                self._drop_stale(topic_partition, epochs.get(topic_partition))
            return before - self._n_records

    def halt(self, runs: Sequence[Run] = ()) -> None:
        """A commit of these runs failed: drop them and all others and take nothing in until `restart`."""
        with self._changed:
            self._halted = True
            self._forget(runs)
            self._drop_all()

    def restart(self) -> None:
        """The consumer was rewound: what is delivered from now on follows the committed positions. Drops what
        is left."""
        with self._changed:
            self._drop_all()
            self._halted = False

    def abandon(self, runs: Sequence[Run]) -> None:
        """Drop runs that nobody began; those behind them in their partitions must be among them."""
        with self._changed:
            self._forget([run for run in runs if not run.dropped])
            for topic_partition, queue in self._queues.items():
                self._queues[topic_partition] = deque(run for run in queue if not run.dropped)
            self._changed.notify_all()

    def places(self) -> set[TopicPartition]:
        """The partitions that have something in flight."""
        with self._changed:
            return {place for place, queue in self._queues.items() if queue}

    def _any_ready(self) -> bool:
        return any(queue and queue[0].answers is not None for queue in self._queues.values())

    def _drop_stale(self, topic_partition: TopicPartition, epoch: int | None) -> None:
        queue = self._queues[topic_partition]
        stale = [run for run in queue if run.epoch != epoch]
        if stale:
            self._forget(stale)
            self._queues[topic_partition] = deque(run for run in queue if run.epoch == epoch)
        if not self._queues[topic_partition]:
            del self._queues[topic_partition]

    def _drop_all(self) -> None:
        for queue in self._queues.values():
            self._forget(queue)
        self._queues.clear()

    def _forget(self, runs: Sequence[Run] | deque[Run]) -> None:
        for run in runs:
            run.dropped = True
            self._n_tokens -= run.n_tokens
            self._n_records -= len(run.records)
