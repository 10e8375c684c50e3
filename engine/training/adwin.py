# SPDX-License-Identifier: Apache-2.0
"""Detects that the mean of a stream of numbers has changed: ADWIN, an adaptive window in logarithmic
memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_BUCKETS = 5
"""Buckets of one size before the two oldest become one of the next size."""


@dataclass(slots=True)
class Bucket:
    """A run of numbers: how many, their sum, and the sum of squared distances from their mean."""

    n: int
    total: float
    spread: float

    def joined(self, other: Bucket) -> Bucket:
        """Both runs as one."""
        n = self.n + other.n
        gap = self.total / self.n - other.total / other.n
        return Bucket(
            n, self.total + other.total, self.spread + other.spread + self.n * other.n * gap * gap / n
        )


@dataclass(slots=True)
class Adwin:
    """Numbers from 0 to 1; `add` tells whether the window was cut because its older part has another mean.

    `delta`: chance of a false alarm. A look every `clock` numbers; both parts of a cut hold `shortest`
    numbers or more.
    Source: A. Bifet, R. Gavaldà, Learning from Time-Changing Data with Adaptive Windowing, SDM 2007 (ADWIN2).
    Our own rather than the library River's, whose detectors can only be kept as pickles.
    """

    delta: float = 0.002
    clock: int = 32
    shortest: int = 5
    n_seen: int = 0
    rows: list[list[Bucket]] = field(default_factory=lambda: [[]])

    @property
    def n(self) -> int:
        """Numbers in the window."""
        return sum(bucket.n for bucket in self._newest_first())

    @property
    def mean(self) -> float:
        """Mean of the window; 0 where it is empty."""
        return sum(bucket.total for bucket in self._newest_first()) / max(self.n, 1)

    def add(self, value: float) -> bool:
        """Take in a number; whether the mean has changed."""
        self.n_seen += 1
        self.rows[0].insert(0, Bucket(1, value, 0.0))
        self._compress()
        return self.n_seen % self.clock == 0 and self._shrink()

    def state(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {"n_seen": self.n_seen, "rows": [[[b.n, b.total, b.spread] for b in row] for row in self.rows]}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        self.n_seen = state["n_seen"]
        self.rows = [[Bucket(*bucket) for bucket in row] for row in state["rows"]]

    def _newest_first(self) -> Iterator[Bucket]:
        return (bucket for row in self.rows for bucket in row)

    def _compress(self) -> None:
        """Row k holds buckets of 2^k numbers, the newest first; where there is one too many, the two oldest
        move up as one."""
        for k, row in enumerate(self.rows):
            if len(row) <= MOST_BUCKETS:
                return
            oldest, older = row.pop(), row.pop()
            if k + 1 == len(self.rows):
                self.rows.append([])
            self.rows[k + 1].insert(0, older.joined(oldest))

    def _shrink(self) -> bool:
        """Drop the oldest buckets as long as some cut of the window shows two different means."""
        changed = False
        while self._has_cut():
            changed = True
            while not self.rows[-1]:
                self.rows.pop()
            self.rows[-1].pop()
        return changed

    def _has_cut(self) -> bool:
        buckets = list(self._newest_first())
        if len(buckets) < 2:
            return False
        whole = buckets[0]
        for bucket in buckets[1:]:
            whole = whole.joined(bucket)
        newer_n, newer_total = 0, 0.0
        for bucket in buckets[:-1]:
            newer_n += bucket.n
            newer_total += bucket.total
            if self._differ(whole, newer_n, newer_total):
                return True
        return False

    def _differ(self, whole: Bucket, newer_n: int, newer_total: float) -> bool:
        older_n = whole.n - newer_n
        if newer_n < self.shortest or older_n < self.shortest:
            return False
        gap = abs(newer_total / newer_n - (whole.total - newer_total) / older_n)
        weight = 1.0 / (newer_n - self.shortest + 1) + 1.0 / (older_n - self.shortest + 1)
        log = math.log(2.0 * math.log(whole.n) / self.delta)
        variance = whole.spread / whole.n
        return gap > math.sqrt(2.0 * weight * variance * log) + 2.0 / 3.0 * log * weight
