# SPDX-License-Identifier: Apache-2.0
"""What a worker counts while it learns with others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Meters:
    """Counts of one worker, or sums over all.

    `sent`: gradients that left for their owners; each of them is `used` (with `staleness` 0 or, `late`,
    more), `dropped`, or still `pending`. `skipped`: shards that nobody learned, because the step was made
    without them. `updates`: changes of weights by owners. Units: `seconds` and `waited` in seconds, `bytes`
    of arrays that were sent, `words` of the shards that this worker learned.
    """

    sent: int = 0
    used: int = 0
    late: int = 0
    dropped: int = 0
    pending: int = 0
    skipped: int = 0
    updates: int = 0
    bytes: int = 0
    words: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    workers: int = 1
    staleness: Counter[int] = field(default_factory=Counter)

    @property
    def waiting_share(self) -> float:
        """The part of the time that was spent waiting for others, from 0 to 1."""
        return self.waited / self.seconds if self.seconds else 0.0

    @property
    def words_per_worker(self) -> float:
        """Words a second that one worker learned, on average."""
        return self.words / self.seconds if self.seconds else 0.0

    def as_row(self) -> dict[str, Any]:
        """For a table or a line of JSON."""
        return {
            "workers": self.workers,
            "words_per_worker": self.words_per_worker,
            "waiting_share": self.waiting_share,
            "gradients_used": self.used,
            "gradients_late": self.late,
            "gradients_dropped": self.dropped,
            "shards_skipped": self.skipped,
            "staleness": {str(value): self.staleness[value] for value in sorted(self.staleness)},
            "bytes_sent": self.bytes,
        }


COUNTS = tuple(each.name for each in fields(Meters) if each.name != "staleness")
"""The numbers among them."""


def sum_of(parts: Iterable[Meters]) -> Meters:
    """The counts of several workers together; `seconds` add up, so that shares and rates are those of one
    worker."""
    total = Meters(workers=0)
    for part in parts:
        for name in COUNTS:
            setattr(total, name, getattr(total, name) + getattr(part, name))
        total.staleness.update(part.staleness)
    return total
