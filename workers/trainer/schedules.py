# SPDX-License-Identifier: Apache-2.0
"""Schedules that know how far they are, so that a batcher's sizes go on after a restart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.config.resolver import resolve_value


class ScheduleState:
    """How many values were taken from each schedule of a config block, by its path there."""

    def __init__(self, taken: Mapping[str, int] | None = None) -> None:
        self.taken = dict(taken or {})

    def resumable(self, path: str, schedule: Iterable[Any]) -> Iterator[Any]:
        """The schedule's values from where it stood on; each that is taken counts."""
        values = iter(schedule)
        for _ in range(self.taken.setdefault(path, 0)):
            next(values, None)
        for value in values:
            self.taken[path] += 1
            yield value


def resolve_resumable(block: Mapping[str, Any], state: ScheduleState, path: tuple[str, ...]) -> Any:
    """What a config block makes, with every schedule in it resumable."""
    return resolve_value(_replace_schedules(block, state, path), path)


def _replace_schedules(
    block: Mapping[str, Any], state: ScheduleState, path: tuple[str, ...]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in block.items():
        if isinstance(value, Mapping) and "@schedules" in value:
            values[key] = state.resumable(".".join((*path, key)), resolve_value(value, (*path, key)))
        elif isinstance(value, Mapping):
            values[key] = _replace_schedules(value, state, (*path, key))
        else:
            values[key] = value
    return values
