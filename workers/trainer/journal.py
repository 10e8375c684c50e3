# SPDX-License-Identifier: Apache-2.0
"""The journal of a learner: where it began and all that it did since; enough to do it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..corrections import AuthorDecision
from .events import (
    AdoptEvent,
    AuthorEvent,
    CheckpointEvent,
    ConfigEvent,
    ConsolidationEvent,
    Event,
    FlushEvent,
    ReadRange,
    SavedEvent,
    SegmentEnd,
    StepEvent,
    TeacherEvent,
    moves,
)
from .saved_events import read_events, save_events


@dataclass(slots=True)
class Journal:
    """`start`: the version that learning began with; `first`: the offset in each partition at which reading
    began; then the events since."""

    start: int = 0
    first: dict[int, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    _unclaimed: list[ReadRange] = field(default_factory=list)
    _written: list[list[Any]] = field(default_factory=list, repr=False, compare=False)
    _n_written: int = field(default=0, repr=False, compare=False)

    @classmethod
    def from_saved(cls, start: int, first: Mapping[str, int], entries: Iterable[SavedEvent]) -> Journal:
        """A journal from JSON values. Raises: WorkerError for an entry that is not known."""
        return cls(
            start,
            {int(partition): offset for partition, offset in first.items()},
            read_events(entries),
        )

    def saved(self) -> dict[str, Any]:
        """Start, first offsets and entries as JSON values."""
        first = {str(partition): offset for partition, offset in sorted(self.first.items())}
        return {"start": self.start, "first": first, "entries": self._entries()}

    def _entries(self) -> list[list[Any]]:
        """All events as entries. Those up to the last one that is no step are made once, since no run of
        steps goes past it: a long journal costs a checkpoint no more than a short one."""
        end = len(self.events)
        while end > self._n_written and isinstance(self.events[end - 1], StepEvent):
            end -= 1
        self._written += save_events(self.events[self._n_written : end])
        self._n_written = max(self._n_written, end)
        return [*self._written, *save_events(self.events[self._n_written :])]

    def add_read(self, covered: ReadRange) -> None:
        """Note what was read; ranges that follow each other in one partition become one."""
        last = self._unclaimed[-1] if self._unclaimed else None
        if last is not None and (last.partition, last.end) == (covered.partition, covered.start):
            self._unclaimed[-1] = ReadRange(last.partition, last.start, covered.end)
        else:
            self._unclaimed.append(covered)

    def add_step(self) -> None:
        """A batch was learned."""
        self.events.append(StepEvent(self._claim()))

    def add_flush(self, reason: SegmentEnd) -> None:
        """Reading stops, so that what is left is learned."""
        self.events.append(FlushEvent(self._claim(), reason))

    def add_checkpoint(self) -> None:
        """Batching begins anew."""
        self.events.append(CheckpointEvent())

    def add_teacher(self, version: int) -> None:
        """Another version teaches."""
        self.events.append(TeacherEvent(version))

    def add_config(self, config_hash: str) -> None:
        """Another config holds."""
        self.events.append(ConfigEvent(config_hash))

    def add_author(self, decision: AuthorDecision) -> None:
        """A decision about an author holds."""
        self.events.append(AuthorEvent(decision))

    @property
    def has_read(self) -> bool:
        """Whether anything was read since the beginning."""
        return any(isinstance(event, StepEvent | FlushEvent) and event.ranges for event in self.events)

    def add_consolidation(self, event: ConsolidationEvent) -> None:
        """A consolidation began, or what it came to was adopted or dropped."""
        self.events.append(event)

    @property
    def has_adopted(self) -> bool:
        """Whether the last thing that happened is that a consolidation was adopted."""
        return bool(self.events) and isinstance(self.events[-1], AdoptEvent)

    def bounds(self) -> dict[int, tuple[int, int]]:
        """First and next offset of all that was read, by partition."""
        found: dict[int, tuple[int, int]] = {}
        for move in moves(self.events):
            if isinstance(move, ReadRange):
                first, last = found.get(move.partition, (move.start, move.end))
                found[move.partition] = (min(first, move.start), max(last, move.end))
        return found

    def _claim(self) -> tuple[ReadRange, ...]:
        claimed, self._unclaimed = tuple(self._unclaimed), []
        return claimed
