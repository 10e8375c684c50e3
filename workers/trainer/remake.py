# SPDX-License-Identifier: Apache-2.0
"""A session learned again without an author: the same records from the same beginning, his passed over."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from engine.pipeline.pipeline import Pipeline

from ..corrections import AuthorDecision
from ..errors import WorkerError
from ..transports.base import PartitionReader
from .events import AuthorEvent, Event, ReadRange, SegmentEnd, moves
from .partition_cursor import PartitionCursor, ReadPosition
from .pending import Pending
from .session import Session, SessionListener
from .session_state import begin_session
from .silent_listener import SilentListener
from .source import Adopt, Begin, Idle, ReadEvent, TrainingSource, read_first, take_decisions
from .trainer_config import TrainerConfig


def remake_session(
    session: Session,
    config: TrainerConfig,
    make: Callable[[TrainingSource, SessionListener], Session],
    load: Callable[[int], Pipeline],
    reader: PartitionReader,
    stopped: Callable[[], bool],
) -> Session | None:
    """The session that would stand where this one does had its `revoking` author never said anything; it has
    read the same records and has a journal of its own, which begins with the decision. None where it was
    stopped before.

    `make` makes a fresh session with the version that learning began with, `load` loads a version. The first
    one teaches throughout: later champions may have learned from the author. Raises: WorkerError,
    TransportError where records or that version are gone.
    """
    assert session.revoking is not None, "nothing is to be revoked; a bug in Freshet"
    journal = session.stream.journal
    source = RemakeSource(reader, journal.events, session.revoking, stopped)
    again = make(source, SilentListener(load))
    begin_session(again, config, journal.start, journal.first)
    again.teach_by(journal.start)
    if again.run() is SegmentEnd.STOP:
        return None
    if again.positions != session.positions:
        raise WorkerError(
            f"expected to learn again up to {session.positions}, came to {again.positions}; a bug in Freshet"
        )
    again.stream.pending.candidate = max(again.stream.pending.candidate, 1)
    return again


class RemakeSource(TrainingSource):
    """The records and the decisions of a journal in their order; steps and checkpoints fall as they do.

    Nothing that a journal says about the revoked author holds any longer.
    """

    def __init__(
        self,
        reader: PartitionReader,
        events: Iterable[Event],
        revoked: AuthorDecision,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stopped = stopped
        self._cursor = PartitionCursor(reader)
        self._cursor.look()
        kept = (
            move
            for move in moves(events)
            if isinstance(move, ReadRange)
            or (isinstance(move, AuthorEvent) and move.decision.author != revoked.author)
        )
        self._moves: deque[ReadRange | AuthorEvent] = deque([AuthorEvent(revoked), *kept])

    def next(self, position: ReadPosition, pending: Pending) -> ReadEvent | SegmentEnd:
        """See `TrainingSource.next`."""
        if self._stopped():
            return SegmentEnd.STOP
        if not self._moves:
            return SegmentEnd.END
        move = self._moves[0]
        if isinstance(move, AuthorEvent):
            return SegmentEnd.REVIEW
        self._moves.popleft()
        event, rest = read_first(self._cursor, move)
        if rest is not None:
            self._moves.appendleft(rest)
        return event

    def is_over(self, position: ReadPosition) -> bool:
        """See `TrainingSource.is_over`."""
        return not self._moves

    def step(self) -> None:
        """See `TrainingSource.step`."""

    def consolidation(self, end: SegmentEnd, idle: Idle) -> Begin | Adopt | None:
        """See `TrainingSource.consolidation`: one at the end, of all that there is then."""
        if end is not SegmentEnd.END:
            return None
        if idle.has_begun:
            return Adopt()
        return Begin() if idle.is_due(at_end=True) else None

    def is_stopped(self) -> bool:
        """See `TrainingSource.is_stopped`."""
        return self._stopped()

    def needs_checkpoint(self, pending: Pending) -> bool:
        """See `TrainingSource.needs_checkpoint`."""
        return False

    def teacher(self, present: int) -> int:
        """See `TrainingSource.teacher`."""
        return present

    def decisions(self, last: str) -> Sequence[AuthorDecision]:
        """See `TrainingSource.decisions`."""
        return take_decisions(self._moves)
