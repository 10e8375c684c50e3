# SPDX-License-Identifier: Apache-2.0
"""Notices partitions that have records but deliver none, which a client's bug may cause; the cure is a new
consumer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ..transports.base import PartitionLag, TopicPartition


class ProgressWatchdog:
    """Remembers when each owned partition last moved. Units: seconds of any one clock."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._moved: dict[TopicPartition, float] = {}
        self._given_up: dict[TopicPartition, int] = {}

    def note_assignment(self, epochs: Mapping[TopicPartition, int], now: float) -> None:
        """Watch these partitions from now on."""
        self._moved = {place: self._moved.get(place, now) for place in epochs}

    def note_progress(self, places: Iterable[TopicPartition], now: float) -> None:
        """These partitions delivered something, or were held back on purpose."""
        for place in places:
            self._moved[place] = now
            self._given_up.pop(place, None)

    def find_stalled(
        self, lags: Sequence[PartitionLag], in_flight: Collection[TopicPartition], now: float
    ) -> list[TopicPartition]:
        """Partitions that are behind, have nothing in flight and did not move for the whole time-out.

        A partition for which a new consumer did not help is not named again until its end moves: what is left
        of it may be nothing but markers of transactions, which are never delivered.
        """
        found = []
        for lag in lags:
            place = lag.topic_partition
            if lag.lag <= 0 or place in in_flight:
                self._moved[place] = now
            elif now - self._moved.setdefault(place, now) > self._timeout and lag.end > self._given_up.get(
                place, -1
            ):
                found.append(place)
        return found

    def note_renewal(self, lags: Sequence[PartitionLag], now: float) -> None:
        """The consumer was made anew because partitions of these stood still."""
        self._moved = dict.fromkeys(self._moved, now)
        self._given_up.update({lag.topic_partition: lag.end for lag in lags})
