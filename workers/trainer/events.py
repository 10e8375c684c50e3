# SPDX-License-Identifier: Apache-2.0
"""What a learner did, event by event, and the form in which one event is saved (runs of steps: see
`saved_events`).

A saved event is a list of JSON values that begins with its kind: `["step", [range, ...]]`,
`["flush", [range, ...], reason]`, `["cut"]`, `["tutor", version]`, `["config", hash]`,
`["author", id, author, decided]`, `["consolidate", examples, seed]`, `["adopt", steps]`, `["drop"]`, where a
range is `[partition, start, end]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from ..corrections import AuthorDecision, Decided
from ..errors import WorkerError

SavedEvent = Sequence[Any]
"""JSON values, whose types depend on the kind of the event."""


class SegmentEnd(StrEnum):
    """Why a segment of learning ended. All but `CHECKPOINT` are flushes: reading stops, so that what is left
    in the open batch is learned."""

    CHECKPOINT = "cut"
    COUNT = "count"
    TIME = "time"
    END = "end"
    STOP = "stop"
    REVIEW = "review"
    REVOKED = "revoked"
    CONSOLIDATED = "consolidated"

    @property
    def makes_candidate(self) -> bool:
        """Whether a candidate is made of what was learned."""
        return self in (SegmentEnd.COUNT, SegmentEnd.TIME, SegmentEnd.END, SegmentEnd.CONSOLIDATED)

    @property
    def ends_session(self) -> bool:
        """Whether the session ends, too."""
        return self in (SegmentEnd.END, SegmentEnd.STOP)


@dataclass(frozen=True, slots=True)
class ReadRange:
    """So much of a partition was read: the offsets from `start` up to, not including, `end`."""

    kind: ClassVar[str] = "read"
    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StepEvent:
    """So much was read, then a batch was learned."""

    kind: ClassVar[str] = "step"
    ranges: tuple[ReadRange, ...] = ()


@dataclass(frozen=True, slots=True)
class FlushEvent:
    """So much was read, then reading stopped; the steps of what was left in the open batch follow."""

    kind: ClassVar[str] = "flush"
    ranges: tuple[ReadRange, ...]
    reason: SegmentEnd


@dataclass(frozen=True, slots=True)
class CheckpointEvent:
    """The state was kept after the step before, and batching began anew with what was left over."""

    kind: ClassVar[str] = "cut"


@dataclass(frozen=True, slots=True)
class TeacherEvent:
    """From here on that version teaches."""

    kind: ClassVar[str] = "tutor"
    version: int


@dataclass(frozen=True, slots=True)
class ConfigEvent:
    """From here on another config holds; what comes after cannot be reproduced from the first one."""

    kind: ClassVar[str] = "config"
    config_hash: str


@dataclass(frozen=True, slots=True)
class AuthorEvent:
    """From here on that decision about an author holds."""

    kind: ClassVar[str] = "author"
    decision: AuthorDecision


@dataclass(frozen=True, slots=True)
class ConsolidateEvent:
    """A consolidation began: of so many examples, all that were there; its generators have that seed."""

    kind: ClassVar[str] = "consolidate"
    examples: int
    seed: int


@dataclass(frozen=True, slots=True)
class AdoptEvent:
    """What the last consolidation came to after so many steps is the learner from here on."""

    kind: ClassVar[str] = "adopt"
    steps: int


@dataclass(frozen=True, slots=True)
class DropEvent:
    """What the last consolidation came to was not shown to be better than the learner, which goes on."""

    kind: ClassVar[str] = "drop"


ConsolidationEvent = ConsolidateEvent | AdoptEvent | DropEvent
Event = (
    StepEvent | FlushEvent | CheckpointEvent | TeacherEvent | ConfigEvent | ConsolidationEvent | AuthorEvent
)
Move = ReadRange | Event


def save_event(event: Event) -> list[Any]:
    """The event as JSON values.

    >>> save_event(StepEvent((ReadRange(0, 5, 9),)))
    ['step', [[0, 5, 9]]]
    """
    match event:
        case StepEvent(ranges):
            return [event.kind, _save_ranges(ranges)]
        case FlushEvent(ranges, reason):
            return [event.kind, _save_ranges(ranges), reason.value]
        case TeacherEvent(version):
            return [event.kind, version]
        case ConfigEvent(config_hash):
            return [event.kind, config_hash]
        case AuthorEvent(decision):
            return [event.kind, decision.id, decision.author, decision.decided.value]
        case ConsolidateEvent(examples, seed):
            return [event.kind, examples, seed]
        case AdoptEvent(steps):
            return [event.kind, steps]
        case CheckpointEvent() | DropEvent():
            return [event.kind]


def read_event(saved: SavedEvent) -> Event:
    """The event that `save_event` wrote. Raises: WorkerError for a kind that is not known.

    >>> read_event(["flush", [[0, 5, 9]], "time"])
    FlushEvent(ranges=(ReadRange(partition=0, start=5, end=9),), reason=<SegmentEnd.TIME: 'time'>)
    """
    match saved:
        case [StepEvent.kind, ranges]:
            return StepEvent(_read_ranges(ranges))
        case [FlushEvent.kind, ranges, reason]:
            return FlushEvent(_read_ranges(ranges), SegmentEnd(reason))
        case [CheckpointEvent.kind]:
            return CheckpointEvent()
        case [TeacherEvent.kind, version]:
            return TeacherEvent(version)
        case [ConfigEvent.kind, config_hash]:
            return ConfigEvent(config_hash)
        case [AuthorEvent.kind, id_, author, decided]:
            return AuthorEvent(AuthorDecision(id_, author, Decided(decided)))
        case [ConsolidateEvent.kind, examples, seed]:
            return ConsolidateEvent(examples, seed)
        case [AdoptEvent.kind, steps]:
            return AdoptEvent(steps)
        case [DropEvent.kind]:
            return DropEvent()
    raise WorkerError(
        "expected an entry of a journal (step, flush, cut, tutor, config, consolidate, adopt, drop or "
        f"author), got {saved!r}; was it written by a newer version of Freshet?"
    )


def moves(events: Iterable[Event]) -> Iterator[Move]:
    """Events with the ranges that they cover standing before them, one by one: the order of what was done."""
    for event in events:
        if isinstance(event, StepEvent | FlushEvent):
            yield from event.ranges
        yield event


def _save_ranges(ranges: Iterable[ReadRange]) -> list[list[int]]:
    return [[covered.partition, covered.start, covered.end] for covered in ranges]


def _read_ranges(saved: Iterable[Sequence[int]]) -> tuple[ReadRange, ...]:
    return tuple(ReadRange(*covered) for covered in saved)
