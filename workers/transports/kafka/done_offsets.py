# SPDX-License-Identifier: Apache-2.0
"""What stands beside a group's committed offsets: records behind them that are done already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import TopicPartition as KafkaPartition

from ..base import Position, TopicPartition
from ..done_ranges import MAX_RANGES, Ranges, contains, decode_done, encode_done, merge
from .internals import committed_offsets

TIMEOUT = 10.0


class DoneOffsets:
    """Of the owned partitions, read once for each time that they come. `read` and `left_of` belong to the
    polling thread, `beside` to the committing one."""

    def __init__(self) -> None:
        self._epochs: Mapping[TopicPartition, int] = {}
        self._found: Mapping[TopicPartition, Ranges] = {}  # replaced, never changed

    @property
    def has_room(self) -> bool:
        """Whether there is room for more beside what was found."""
        return all(len(ranges) <= MAX_RANGES for ranges in self._found.values())

    def is_known(self, owned: Mapping[TopicPartition, int]) -> bool:
        """Whether nothing came since the last `read`."""
        return self._epochs == owned

    def read(self, client: Any, owned: Mapping[TopicPartition, int]) -> None:
        """Ask the group for what came. Raises: kafka-python's errors."""
        kept = {place for place, epoch in owned.items() if self._epochs.get(place) == epoch}
        new = [KafkaPartition(*place) for place in owned if place not in kept]
        committed = committed_offsets(client, new, TIMEOUT) if new else {}
        found = {place: ranges for place, ranges in self._found.items() if place in kept}
        for place, at in committed.items():
            if done := merge(decode_done(at.metadata), at.offset):
                found[TopicPartition(*place)] = done
        self._found, self._epochs = found, owned

    def left_of(self, place: tuple[str, int], records: Sequence[Any]) -> Sequence[Any]:
        """Records without those that are done."""
        done = self._found.get(TopicPartition(*place))
        if not done or records[0].offset >= done[-1][1]:
            return records
        return [record for record in records if not contains(done, record.offset)]

    def beside(self, place: TopicPartition, position: Position) -> str:
        """What a commit of this position writes beside it: what was found and what was done since."""
        return encode_done(merge((*self._found.get(place, ()), *position.done), position.offset))
