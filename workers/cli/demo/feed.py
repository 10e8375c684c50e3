# SPDX-License-Identifier: Apache-2.0
"""What the demo knows of the learning that goes on in another process: versions, verdicts, how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...model_registry import ModelRegistry, Version
from ...transports import Admin

ACTOR = "freshet up"


@dataclass(frozen=True, slots=True)
class Learning:
    """How far learning is: the champion, and the versions that were made since the beginning, oldest
    first."""

    champion: int
    versions: tuple[Version, ...]

    @property
    def promoted(self) -> list[Version]:
        """Versions that passed and became champion."""
        return [
            v
            for v in self.versions
            if v.verdict and v.verdict["passed"] and v.state in ("champion", "previous", "retired")
        ]

    @property
    def refused(self) -> list[Version]:
        """Versions that the gate refused."""
        return [v for v in self.versions if v.verdict and not v.verdict["passed"]]

    @property
    def n_learned(self) -> int:
        """Corrections that the champion has read, if it is one of these versions."""
        return next((sum(v.corrections.values()) for v in self.versions if v.number == self.champion), 0)

    def has_read(self, ends: Mapping[int, int]) -> bool:
        """Whether the newest version has a verdict and has read all corrections up to these ends."""
        last = self.versions[-1] if self.versions else None
        if last is None or last.verdict is None:
            return False
        return all(last.corrections.get(str(partition), 0) >= end for partition, end in ends.items())


class DemoFeed:
    """Looks into the registry."""

    def __init__(self, registry: ModelRegistry, first: int) -> None:
        """`first` is the version that the demo began with."""
        self._registry = registry
        self.first = first

    def look(self) -> Learning:
        """How far learning is now."""
        head = self._registry.head()
        newer = tuple(version for version in self._registry.versions() if version.number > self.first)
        return Learning(head.champion or self.first, newer)


def begin_with(registry: ModelRegistry, folder: Path, *, anew: bool) -> int:
    """The champion to begin with; the pipeline in `folder` becomes it where there is none, or, with `anew`,
    in any case."""
    head = registry.head()
    if head.champion is not None and not anew:
        return head.champion
    version = registry.put(folder, actor=ACTOR)
    reason = "the first version" if head.champion is None else "the demo begins anew"
    registry.promote(version.number, expected_epoch=head.epoch, actor=ACTOR, reason=reason, force=True)
    return version.number


def ends_of(admin: Admin, topic: str) -> dict[int, int]:
    """The next offset of each partition that has records."""
    bounds: Sequence[tuple[int, int]] = next(
        (info.bounds for info in admin.topics() if info.name == topic), ()
    )
    return {partition: end for partition, (_, end) in enumerate(bounds) if end}
