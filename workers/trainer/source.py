# SPDX-License-Identifier: Apache-2.0
"""Who decides what is read next and when batching stops: the live log and its clock, or a journal of what was
done before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import WorkerError
from ..transports.base import PartitionReader, Record
from .events import moves

AT_ONCE = 500
PAUSE = 0.02  # seconds until the second look at a log that has nothing new
LONGEST_PAUSE = 0.25  # looks become rarer up to this: on Kafka each one is two requests


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record, and the offsets that its reading covers."""

    record: Record
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Flush:
    """Reading stops, so that what is left in the open batch is learned; why."""

    why: str


@dataclass(slots=True)
class Since:
    """Corrections learned, or about to be, since the last checkpoint and the last candidate; when the first
    of the latter came."""

    checkpoint: int = 0
    candidate: int = 0
    first: float | None = None


class Director(Protocol):
    """Decides what a session does next. Whatever follows neither from the records nor from the settings is
    decided here alone."""

    def next(self, positions: Mapping[int, int], turn: int, since: Since) -> Arrival | Flush:
        """The next record, or that reading stops for now."""

    def is_over(self, positions: Mapping[int, int], turn: int) -> bool:
        """Whether a session that came to the end has nothing more to do."""

    def step(self) -> None:
        """A batch was learned."""

    def cuts(self, since: Since) -> bool:
        """Whether the state is to be kept after this step."""

    def tutor(self, present: int) -> int:
        """The version that teaches from here on."""


class PartitionCursor:
    """Records of a topic, partition by partition, read some at a time."""

    def __init__(self, reader: PartitionReader) -> None:
        self._reader = reader
        self._ready: dict[int, deque[Record]] = {}
        self._next: dict[int, int] = {}
        self.ends: list[int] = []

    def look(self) -> bool:
        """See how far the partitions go now; whether there is more than at the last look."""
        ends = [end for _, end in self._reader.bounds()]
        changed, self.ends = ends != self.ends, ends
        return changed

    def take(self, partition: int, position: int) -> Record | None:
        """The first record at or after a position; None where there is none below the end that was seen."""
        if position > self.ends[partition]:
            self._reader.fetch(partition, position, 1)  # which says what is wrong
        ready = self._ready.setdefault(partition, deque())
        if self._next.get(partition) != position:
            ready.clear()
        at = position
        while not ready and at < self.ends[partition]:
            records, after = self._reader.fetch(partition, at, AT_ONCE)
            ready.extend(records)
            if after == at:
                return None
            at = after
        if not ready:
            return None
        record = ready.popleft()
        self._next[partition] = record.offset + 1
        return record


class LiveDirector:
    """Reads the partitions in turn, one record each; stops reading by count, by time, at the end, or when it
    is told to."""

    def __init__(
        self,
        reader: PartitionReader,
        champion: Callable[[], int],
        *,
        checkpoint_every: int,
        candidate_every: int,
        candidate_seconds: float,
        until_end: bool,
        stopped: Callable[[], bool],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """`champion` tells which version teaches now; zero for a count or a time means never."""
        self._cursor = PartitionCursor(reader)
        self._champion = champion
        self._checkpoint_every, self._candidate_every, self._candidate_seconds = (
            checkpoint_every,
            candidate_every,
            candidate_seconds,
        )
        self._until_end, self._stopped, self._clock, self._sleep = until_end, stopped, clock, sleep

    def next(self, positions: Mapping[int, int], turn: int, since: Since) -> Arrival | Flush:
        """See `Director.next`."""
        pause = PAUSE
        while True:
            if why := self._due(since):
                return Flush(why)
            arrival = self._arrival(positions, turn)
            if arrival is not None:
                return arrival
            if self._cursor.look():
                continue
            if self._until_end:
                return Flush("end")
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def is_over(self, positions: Mapping[int, int], turn: int) -> bool:
        """See `Director.is_over`."""
        self._cursor.look()
        return self._until_end and self._arrival(positions, turn) is None

    def step(self) -> None:
        """See `Director.step`."""

    def cuts(self, since: Since) -> bool:
        """See `Director.cuts`."""
        return 0 < self._checkpoint_every <= since.checkpoint

    def tutor(self, present: int) -> int:
        """See `Director.tutor`."""
        return self._champion()

    def _due(self, since: Since) -> str:
        if self._stopped():
            return "stop"
        if 0 < self._candidate_every <= since.candidate:
            return "count"
        waited = 0.0 if since.first is None else self._clock() - since.first
        return "time" if 0 < self._candidate_seconds <= waited else ""

    def _arrival(self, positions: Mapping[int, int], turn: int) -> Arrival | None:
        n = len(self._cursor.ends)
        for partition in ((turn + k) % n for k in range(n)):
            position = positions.get(partition, 0)
            record = self._cursor.take(partition, position)
            if record is not None:
                return Arrival(record, position, record.offset + 1)
        return None


class JournalDirector:
    """Does what a journal says. Raises: WorkerError where the session goes another way than the journal."""

    def __init__(self, reader: PartitionReader, entries: Iterable[list[Any]]) -> None:
        self._cursor = PartitionCursor(reader)
        self._cursor.look()
        self._moves = deque(moves(entries))

    def next(self, positions: Mapping[int, int], turn: int, since: Since) -> Arrival | Flush:
        """See `Director.next`."""
        if not self._moves:
            return Flush("end")
        kind, value = self._moves[0]
        if kind == "flush":
            self._moves.popleft()
            return Flush(value)
        if kind != "read":
            raise WorkerError(
                f"the journal says {kind!r} where this run wants to read; was it made by another version or "
                "another machine?"
            )
        partition, start, end = value
        record = self._cursor.take(partition, start)
        if record is None or record.offset >= end:
            raise WorkerError(
                f"partition {partition} no longer has the records {start} to {end} that were learned; was "
                "the topic trimmed?"
            )
        if record.offset + 1 < end:
            self._moves[0] = ("read", (partition, record.offset + 1, end))
        else:
            self._moves.popleft()
        return Arrival(record, start, record.offset + 1)

    def is_over(self, positions: Mapping[int, int], turn: int) -> bool:
        """See `Director.is_over`."""
        return not self._moves

    def step(self) -> None:
        """See `Director.step`."""
        kind = self._moves.popleft()[0] if self._moves else "nothing more"
        if kind != "step":
            raise WorkerError(
                f"the journal says {kind!r} where this run learned a batch; was it made with other settings?"
            )

    def cuts(self, since: Since) -> bool:
        """See `Director.cuts`."""
        return self._takes("cut") is not None

    def tutor(self, present: int) -> int:
        """See `Director.tutor`."""
        found = self._takes("tutor")
        return present if found is None else int(found[1])

    def _takes(self, kind: str) -> tuple[str, Any] | None:
        return self._moves.popleft() if self._moves and self._moves[0][0] == kind else None
