# SPDX-License-Identifier: Apache-2.0
"""Who was at work here lately: a second opinion needs a second person."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock

LATELY = 86_400.0


class People:
    """When each person was seen last."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._lock = Lock()

    def see(self, name: str, at: float | None = None) -> None:
        """A person was there, now or at another time."""
        with self._lock:
            self._seen[name] = max(self._seen.get(name, 0.0), self._clock() if at is None else at)

    def count(self) -> int:
        """How many there were within a day."""
        with self._lock:
            return sum(self._clock() - at < LATELY for at in self._seen.values())


def seconds_of(created: str) -> float:
    """A time in ISO 8601 in seconds since 1970; 0 for one that is none."""
    try:
        return datetime.fromisoformat(created).timestamp()
    except ValueError:
        return 0.0
