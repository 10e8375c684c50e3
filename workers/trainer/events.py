# SPDX-License-Identifier: Apache-2.0
"""What a learner did, in order: enough to do it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Run = tuple[int, int, int]
"""A partition, and the offsets from and up to which it was read."""


@dataclass(slots=True)
class Journal:
    """Entries, each a list of JSON values that begins with its kind.

    `["step", [run, ...]]`: so much was read, then a batch was learned. `["flush", [run, ...], why]`: so much
    was read, then what was left in the open batch was learned; the steps of that follow. `["cut"]`: the state
    was kept after the step before, and batching began anew with what was left over. `["tutor", version]`:
    from here on that version teaches.
    """

    entries: list[list[Any]] = field(default_factory=list)
    _runs: list[Run] = field(default_factory=list)

    def read(self, partition: int, start: int, end: int) -> None:
        """Note what was read; runs that follow each other in one partition become one."""
        if self._runs and self._runs[-1][0] == partition and self._runs[-1][2] == start:
            self._runs[-1] = (partition, self._runs[-1][1], end)
        else:
            self._runs.append((partition, start, end))

    def step(self) -> None:
        """A batch was learned."""
        self.entries.append(["step", self._taken()])

    def flush(self, why: str) -> None:
        """Reading stops, so that what is left is learned."""
        self.entries.append(["flush", self._taken(), why])

    def cut(self) -> None:
        """Batching begins anew."""
        self.entries.append(["cut"])

    def tutor(self, version: int) -> None:
        """Another version teaches."""
        self.entries.append(["tutor", version])

    def _taken(self) -> list[list[int]]:
        taken, self._runs = [list(run) for run in self._runs], []
        return taken


def moves(entries: Iterable[list[Any]]) -> Iterator[tuple[str, Any]]:
    """The journal as single moves: `("read", run)`, `("step", None)`, `("flush", why)`, `("cut", None)`,
    `("tutor", version)`."""
    for kind, *rest in entries:
        if kind in ("step", "flush"):
            yield from (("read", tuple(run)) for run in rest[0])
        yield kind, rest[1] if kind == "flush" else rest[0] if kind == "tutor" else None


def ranges(entries: Iterable[list[Any]]) -> dict[int, tuple[int, int]]:
    """First and next offset of all that was read, by partition."""
    found: dict[int, tuple[int, int]] = {}
    for kind, value in moves(entries):
        if kind == "read":
            partition, start, end = value
            first, last = found.get(partition, (start, end))
            found[partition] = (min(first, start), max(last, end))
    return found
