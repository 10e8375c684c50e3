# SPDX-License-Identifier: Apache-2.0
"""Records of a topic by partition and offset, fetched some at a time; and how far reading has come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ..transports.base import PartitionReader, Record
from .events import ReadRange

FETCH_SIZE = 500


@dataclass(slots=True)
class ReadPosition:
    """The next offset in each partition, 0 where none is named, and the partition whose turn it is."""

    offsets: dict[int, int] = field(default_factory=dict)
    turn: int = 0

    def advance(self, covered: ReadRange) -> None:
        """Go behind what was read; it is the next partition's turn."""
        self.offsets[covered.partition] = covered.end
        self.turn = covered.partition + 1

    def saved(self) -> dict[str, int]:
        """The offsets as JSON values."""
        return {str(partition): offset for partition, offset in sorted(self.offsets.items())}


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
        """The first record at or after a position; None where there is none below the end that was seen.

        Raises: TransportError where the position lies behind that end.
        """
        if position > self.ends[partition]:
            self._reader.fetch(partition, position, 1)  # which says what is wrong
        ready = self._ready.setdefault(partition, deque())
        if self._next.get(partition) != position:
            ready.clear()
        at = position
        while not ready and at < self.ends[partition]:
            records, after = self._reader.fetch(partition, at, FETCH_SIZE)
            ready.extend(records)
            if after == at:
                return None
            at = after
        if not ready:
            return None
        record = ready.popleft()
        self._next[partition] = record.offset + 1
        return record
