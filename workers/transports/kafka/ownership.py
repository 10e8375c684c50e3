# SPDX-License-Identifier: Apache-2.0
"""What a member of a Kafka group owns, each partition with an epoch of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock

from ..base import FencedError, Position, TopicPartition


class Ownership:
    """Owned partitions and their epochs; Kafka has no epochs of its own for them. Any thread may tell and
    ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last_epoch = 0
        self.epochs: dict[TopicPartition, int] = {}  # replaced, never changed

    def assign(self, places: Iterable[TopicPartition]) -> None:
        """These were got."""
        with self._lock:
            self.epochs = {**self.epochs, **{place: self._next_epoch() for place in sorted(places)}}

    def revoke(self, places: Iterable[TopicPartition]) -> None:
        """These went to others, or were lost."""
        gone = set(places)
        with self._lock:
            self.epochs = {place: epoch for place, epoch in self.epochs.items() if place not in gone}

    def restart(self) -> dict[TopicPartition, int]:
        """New epochs for all."""
        with self._lock:
            self.epochs = {place: self._next_epoch() for place in self.epochs}
            return self.epochs

    def check(self, positions: Mapping[TopicPartition, Position]) -> None:
        """Refuse positions of partitions that are not owned under their epochs. Raises: FencedError."""
        epochs = self.epochs
        for place, position in positions.items():
            if epochs.get(place) != position.epoch:
                held = (
                    f"it is owned under epoch {epochs[place]}" if place in epochs else "it is no longer owned"
                )
                raise FencedError(
                    f"{place.topic}[{place.partition}] was read under epoch {position.epoch}, but {held}; "
                    "drop the work and rewind"
                )

    def _next_epoch(self) -> int:
        self._last_epoch += 1
        return self._last_epoch
