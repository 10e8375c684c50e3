# SPDX-License-Identifier: Apache-2.0
"""Detects that the mean of a stream of numbers has changed: ADWIN, an adaptive window in logarithmic
memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BUCKETS = 5
"""Buckets of one size before the two oldest become one of the next size."""


@dataclass(slots=True)
class Bucket:
    """A run of numbers: how many, their sum, and their variance times how many."""

    n: int
    total: float
    variance: float

    def join(self, other: Bucket) -> Bucket:
        """Both runs as one."""
        n = self.n + other.n
        gap = self.total / self.n - other.total / other.n
        return Bucket(
            n, self.total + other.total, self.variance + other.variance + self.n * other.n * gap * gap / n
        )


@dataclass(slots=True)
class Adwin:
    """Numbers from 0 to 1; `drift_detected` where the last one showed that the window's older part has
    another mean, and so was dropped.

    `delta`: chance of a false alarm. A look every `clock` numbers; both parts of a cut hold
    `min_window_length` numbers or more.
    Source: A. Bifet, R. Gavaldà, Learning from Time-Changing Data with Adaptive Windowing, SDM 2007 (ADWIN2);
    words and defaults as in the library River, whose detectors can only be kept as pickles.
    """

    delta: float = 0.002
    clock: int = 32
    min_window_length: int = 5
    n_seen: int = 0
    drift_detected: bool = False
    buckets: list[list[Bucket]] = field(default_factory=lambda: [[]])

    @property
    def width(self) -> int:
        """Numbers in the window."""
        return sum(bucket.n for bucket in self._newest_first())

    @property
    def mean(self) -> float:
        """Mean of the window; 0 where it is empty."""
        return sum(bucket.total for bucket in self._newest_first()) / max(self.width, 1)

    def update(self, value: float) -> None:
        """Take in a number."""
        self.n_seen += 1
        self.buckets[0].insert(0, Bucket(1, value, 0.0))
        self._compress()
        self.drift_detected = self.n_seen % self.clock == 0 and self._shrink()

    def state(self) -> dict[str, Any]:
        """All of it as JSON values."""
        rows = [[[b.n, b.total, b.variance] for b in row] for row in self.buckets]
        return {"n_seen": self.n_seen, "rows": rows}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        self.n_seen = state["n_seen"]
        self.buckets = [[Bucket(*bucket) for bucket in row] for row in state["rows"]]

    def _newest_first(self) -> Iterator[Bucket]:
        return (bucket for row in self.buckets for bucket in row)

    def _compress(self) -> None:
        """Row k holds buckets of 2^k numbers, the newest first; where there is one too many, the two oldest
        move up as one."""
        for k, row in enumerate(self.buckets):
            if len(row) <= MAX_BUCKETS:
                return
            oldest, older = row.pop(), row.pop()
            if k + 1 == len(self.buckets):
                self.buckets.append([])
            self.buckets[k + 1].insert(0, older.join(oldest))

    def _shrink(self) -> bool:
        """Drop the oldest buckets as long as some cut of the window shows two different means."""
        changed = False
        while self._has_cut():
            changed = True
            while not self.buckets[-1]:
                self.buckets.pop()
            self.buckets[-1].pop()
        return changed

    def _has_cut(self) -> bool:
        buckets = list(self._newest_first())
        if len(buckets) < 2:
            return False
        whole = buckets[0]
        for bucket in buckets[1:]:
            whole = whole.join(bucket)
        newer_n, newer_total = 0, 0.0
        for bucket in buckets[:-1]:
            newer_n += bucket.n
            newer_total += bucket.total
            if self._differ(whole, newer_n, newer_total):
                return True
        return False

    def _differ(self, whole: Bucket, newer_n: int, newer_total: float) -> bool:
        older_n = whole.n - newer_n
        if newer_n < self.min_window_length or older_n < self.min_window_length:
            return False
        gap = abs(newer_total / newer_n - (whole.total - newer_total) / older_n)
        weight = 1.0 / (newer_n - self.min_window_length + 1) + 1.0 / (older_n - self.min_window_length + 1)
        log = math.log(2.0 * math.log(whole.n) / self.delta)
        variance = whole.variance / whole.n
        return gap > math.sqrt(2.0 * weight * variance * log) + 2.0 / 3.0 * log * weight
