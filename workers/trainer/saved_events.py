# SPDX-License-Identifier: Apache-2.0
"""The form in which a journal is saved: a list of JSON values for each event, and one for each run of steps.

A run is `["steps", partition, start, [n, ...]]`: steps one after the other, before each of which the next `n`
offsets of that partition were read, from `start` on; two or three bytes a step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from .events import Event, ReadRange, SavedEvent, StepEvent, read_event, save_event

STEPS = "steps"
SHORTEST = 3
"""Steps of a run at least; fewer are saved one by one."""


def save_events(events: Iterable[Event]) -> list[list[Any]]:
    """Events as JSON values.

    >>> steps = [StepEvent((ReadRange(0, 5, 9),)), StepEvent(), StepEvent((ReadRange(0, 9, 13),))]
    >>> save_events(steps)
    [['steps', 0, 5, [4, 0, 4]]]
    >>> read_events(save_events(steps)) == steps
    True
    """
    saved: list[list[Any]] = []
    run: list[StepEvent] = []
    for event in events:
        if isinstance(event, StepEvent) and _follows(run, event):
            run.append(event)
            continue
        saved += _save_run(run)
        run = [event] if isinstance(event, StepEvent) and len(event.ranges) == 1 else []
        if not run:
            saved.append(save_event(event))
    return saved + _save_run(run)


def read_events(entries: Iterable[SavedEvent]) -> list[Event]:
    """The events that `save_events` wrote, now or in Freshet 0.1. Raises: WorkerError for an entry that is
    not known."""
    return [event for entry in entries for event in _read_entry(entry)]


def _follows(run: Sequence[StepEvent], step: StepEvent) -> bool:
    """Whether a step reads nothing, or goes on where its run has read to."""
    if not run or len(step.ranges) > 1:
        return False
    last = next(one.ranges[0] for one in reversed(run) if one.ranges)
    return all(one.partition == last.partition and one.start == last.end for one in step.ranges)


def _save_run(run: Sequence[StepEvent]) -> list[list[Any]]:
    if len(run) < SHORTEST:
        return [save_event(step) for step in run]
    first = run[0].ranges[0]
    sizes = [sum(covered.end - covered.start for covered in step.ranges) for step in run]
    return [[STEPS, first.partition, first.start, sizes]]


def _read_entry(entry: SavedEvent) -> Iterator[Event]:
    match entry:
        case [name, partition, start, sizes] if name == STEPS:
            ends = accumulate(sizes, initial=start)
            next(ends)
            for n, end in zip(sizes, ends, strict=True):
                yield StepEvent((ReadRange(partition, end - n, end),) if n else ())
        case _:
            yield read_event(entry)
