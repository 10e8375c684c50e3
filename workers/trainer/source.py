# SPDX-License-Identifier: Apache-2.0
"""Where a session's records come from and who ends its segments: the live log and its clock, or a journal of
what was done before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..corrections import AuthorDecision
from ..errors import WorkerError
from ..transports.base import PartitionReader, Record
from .events import (
    AdoptEvent,
    AuthorEvent,
    CheckpointEvent,
    ConsolidateEvent,
    ConsolidationEvent,
    Event,
    FlushEvent,
    Move,
    ReadRange,
    SegmentEnd,
    StepEvent,
    TeacherEvent,
    moves,
)
from .partition_cursor import PartitionCursor, ReadPosition
from .pending import Pending, Timing

PAUSE = 0.02  # seconds until the second look at a log that has nothing new
REVIEW_SECONDS = 2.0  # between two questions for decisions about authors, while nothing comes
LONGEST_PAUSE = 0.25  # looks become rarer up to this: on Kafka each one is two requests


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """A record was read, and with it these offsets: there may be gaps before it."""

    record: Record
    covered: ReadRange


@dataclass(frozen=True, slots=True)
class Begin:
    """A consolidation begins with what there is now."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """The consolidation that was begun becomes the learner, after so many steps; 0: after the best number of
    them."""

    steps: int = 0


@dataclass(frozen=True, slots=True)
class Drop:
    """The consolidation that was begun comes to nothing."""


class Idle(Protocol):
    """What waits for idle time: the consolidation."""

    since: int
    is_done: bool

    @property
    def has_begun(self) -> bool:
        """Whether there is something to work at, or to adopt."""

    def is_due(self, *, at_end: bool = False) -> bool:
        """Whether it is time to begin anew."""

    def work(self) -> bool:
        """Do a slice; whether there was anything to do."""


class TrainingSource(Protocol):
    """Decides what a session does next. Whatever follows neither from the records nor from the settings is
    decided here alone."""

    def next(self, position: ReadPosition, pending: Pending) -> ReadEvent | SegmentEnd:
        """The next record, or why reading stops for now."""

    def is_over(self, position: ReadPosition) -> bool:
        """Whether a session that came to the end has nothing more to do."""

    def step(self) -> None:
        """A batch was learned."""

    def needs_checkpoint(self, pending: Pending) -> bool:
        """Whether the state is to be kept after this step."""

    def consolidation(self, end: SegmentEnd, idle: Idle) -> Begin | Adopt | Drop | None:
        """What to do about consolidation at a segment's end; asked until there is nothing more."""

    def is_stopped(self) -> bool:
        """Whether to give up what takes long."""

    def teacher(self, present: int) -> int:
        """The version that teaches from here on."""

    def decisions(self, last: str) -> Sequence[AuthorDecision]:
        """What was decided about authors after the decision `last`."""


class LiveSource:
    """Reads the partitions in turn, one record each; stops reading by count, by time, in a pause, at the end,
    or when it is told to. A pause is a reason of time: the journal calls both so."""

    def __init__(
        self,
        reader: PartitionReader,
        champion: Callable[[], int],
        timing: Timing,
        *,
        until_end: bool,
        stopped: Callable[[], bool],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        decided: Callable[[str], Sequence[AuthorDecision]] = lambda last: (),
    ) -> None:
        """`champion` tells which version teaches now, `decided` what was decided about authors after a
        decision. What there is to do while the log has nothing new is given as `idle`."""
        self.idle: Idle | None = None
        self._decided, self._last, self._looked = decided, "", clock()
        self._cursor = PartitionCursor(reader)
        self._champion, self._timing = champion, timing
        self._until_end, self._stopped, self._clock, self._sleep = until_end, stopped, clock, sleep
        self._last_read = clock()
        self._last_candidate = float("-inf")

    def next(self, position: ReadPosition, pending: Pending) -> ReadEvent | SegmentEnd:
        """See `TrainingSource.next`."""
        pause = PAUSE
        while True:
            if self._stopped():
                return SegmentEnd.STOP
            now = self._clock()
            if (reason := self._timing.needs_candidate(pending, now)) is not None:
                self._last_candidate = now
                return reason
            if (event := self._read(position)) is not None:
                self._last_read = now
                return event
            if self._cursor.look():
                continue
            if self._until_end:
                return SegmentEnd.END
            idle, since_last = now - self._last_read, now - self._last_candidate
            if self._timing.needs_candidate_in_pause(pending, idle, since_last):
                self._last_candidate = now
                return SegmentEnd.TIME
            if self._must_review():
                return SegmentEnd.REVIEW
            if self.idle is not None and self.idle.work():
                if self.idle.is_done:
                    self._last_candidate = now
                    return SegmentEnd.CONSOLIDATED
                continue
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def is_over(self, position: ReadPosition) -> bool:
        """See `TrainingSource.is_over`."""
        self._cursor.look()
        return self._until_end and self._read(position) is None

    def step(self) -> None:
        """See `TrainingSource.step`."""

    def needs_checkpoint(self, pending: Pending) -> bool:
        """See `TrainingSource.needs_checkpoint`."""
        return self._timing.needs_checkpoint(pending)

    def consolidation(self, end: SegmentEnd, idle: Idle) -> Begin | Adopt | None:
        """Where reading does not wait (a backlog, the end of a stream that ends) all of it is done at once;
        else it begins, to be worked at in idle time. What was begun and committed is adopted after a fall,
        too."""
        if end is SegmentEnd.CONSOLIDATED:
            return Adopt() if idle.has_begun else None
        if end in (SegmentEnd.COUNT, SegmentEnd.END):
            if idle.has_begun and not idle.since:
                return Adopt()
            return Begin() if idle.is_due(at_end=end is SegmentEnd.END) else None
        can_begin = end is not SegmentEnd.STOP and not idle.has_begun
        return Begin() if can_begin and idle.is_due() else None

    def is_stopped(self) -> bool:
        """See `TrainingSource.is_stopped`."""
        return self._stopped()

    def teacher(self, present: int) -> int:
        """See `TrainingSource.teacher`."""
        return self._champion()

    def decisions(self, last: str) -> Sequence[AuthorDecision]:
        """See `TrainingSource.decisions`."""
        found = self._decided(last)
        self._last, self._looked = found[-1].id if found else last, self._clock()
        return found

    def _must_review(self) -> bool:
        """Whether something was decided since the last segment; asked now and then, while nothing comes."""
        if self._clock() - self._looked < REVIEW_SECONDS:
            return False
        self._looked = self._clock()
        return bool(self._decided(self._last))

    def _read(self, position: ReadPosition) -> ReadEvent | None:
        n = len(self._cursor.ends)
        for partition in ((position.turn + k) % n for k in range(n)):
            start = position.offsets.get(partition, 0)
            record = self._cursor.take(partition, start)
            if record is not None:
                return ReadEvent(record, ReadRange(partition, start, record.offset + 1))
        return None


class JournalSource:
    """Does what a journal says. Raises: WorkerError where the session goes another way than the journal."""

    def __init__(self, reader: PartitionReader, events: Iterable[Event]) -> None:
        self._cursor = PartitionCursor(reader)
        self._cursor.look()
        self._moves: deque[Move] = deque(moves(events))

    def next(self, position: ReadPosition, pending: Pending) -> ReadEvent | SegmentEnd:
        """See `TrainingSource.next`."""
        if not self._moves:
            return SegmentEnd.END
        move = self._moves.popleft()
        if isinstance(move, FlushEvent):
            return move.reason
        if isinstance(move, ReadRange):
            return self._read(move)
        raise WorkerError(
            f"the journal says {move.kind!r} where this run wants to read; was it made by another version or "
            "another machine?"
        )

    def is_over(self, position: ReadPosition) -> bool:
        """See `TrainingSource.is_over`."""
        return not self._moves

    def step(self) -> None:
        """See `TrainingSource.step`."""
        move = self._moves.popleft() if self._moves else None
        if not isinstance(move, StepEvent):
            said = "nothing more" if move is None else move.kind
            raise WorkerError(
                f"the journal says {said!r} where this run learned a batch; was it made with other settings?"
            )

    def needs_checkpoint(self, pending: Pending) -> bool:
        """See `TrainingSource.needs_checkpoint`."""
        if not self._moves or not isinstance(self._moves[0], CheckpointEvent):
            return False
        self._moves.popleft()
        return True

    def consolidation(self, end: SegmentEnd, idle: Idle) -> Begin | Adopt | Drop | None:
        """See `TrainingSource.consolidation`."""
        move = self._moves[0] if self._moves else None
        if not isinstance(move, ConsolidationEvent):
            return None
        self._moves.popleft()
        if isinstance(move, AdoptEvent):
            return Adopt(move.steps)
        return Begin() if isinstance(move, ConsolidateEvent) else Drop()

    def is_stopped(self) -> bool:
        """See `TrainingSource.is_stopped`."""
        return False

    def teacher(self, present: int) -> int:
        """See `TrainingSource.teacher`."""
        if not self._moves or not isinstance(move := self._moves[0], TeacherEvent):
            return present
        self._moves.popleft()
        return move.version

    def decisions(self, last: str) -> Sequence[AuthorDecision]:
        """See `TrainingSource.decisions`."""
        return take_decisions(self._moves)

    def _read(self, wanted: ReadRange) -> ReadEvent:
        """The first record of a range; the rest of the range is the next move."""
        event, rest = read_first(self._cursor, wanted)
        if rest is not None:
            self._moves.appendleft(rest)
        return event


def take_decisions(moves: deque[Move] | deque[ReadRange | AuthorEvent]) -> list[AuthorDecision]:
    """Take the decisions that stand at the front."""
    found = []
    while moves and isinstance(move := moves[0], AuthorEvent):
        found.append(move.decision)
        moves.popleft()
    return found


def read_first(cursor: PartitionCursor, wanted: ReadRange) -> tuple[ReadEvent, ReadRange | None]:
    """The first record of a range, and the rest of the range. Raises: WorkerError where it is gone."""
    record = cursor.take(wanted.partition, wanted.start)
    if record is None or record.offset >= wanted.end:
        raise WorkerError(
            f"partition {wanted.partition} no longer has the records {wanted.start} to {wanted.end} that "
            "were learned; was the topic trimmed?"
        )
    after = record.offset + 1
    rest = ReadRange(wanted.partition, after, wanted.end) if after < wanted.end else None
    return ReadEvent(record, ReadRange(wanted.partition, wanted.start, after)), rest
