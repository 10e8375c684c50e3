# SPDX-License-Identifier: Apache-2.0
"""An owner of arrays: gradients arrive, updates come out, versions count them. No clock, no cluster.

An owner at version v makes update v + 1 as soon as gradients of `quorum` different workers lie there, one of
them at least of step v + 1 or later. It takes the oldest one of each worker that has any. So there is one
update a step, however many of the workers were in time; a gradient that comes later than its step joins the
next update as a late one; and one that is staler than `max_staleness` updates is dropped, and counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .gradients import Gradients, add_all
from .meters import Meters
from .reduction import add_tree
from .settings import Late


@dataclass(frozen=True, slots=True)
class Contribution:
    """A worker's gradients of one step for one owner's arrays. `version`: of the arrays that they were
    computed with."""

    sender: int
    step: int
    version: int
    gradients: Gradients


@dataclass(frozen=True, slots=True)
class OwnerRules:
    """What an owner goes by."""

    n_workers: int
    quorum: int
    max_staleness: int
    late: Late = Late.scale


class Owner:
    """The arrays of one owner, as far as their updates go. Invariant: each contribution that came is used,
    dropped or pending, once; none that is used is staler than the rules say."""

    def __init__(self, rules: OwnerRules, version: int = 0, meters: Meters | None = None) -> None:
        self.rules, self.version = rules, version
        self.meters = Meters() if meters is None else meters
        self._pending: dict[int, deque[Contribution]] = {rank: deque() for rank in range(rules.n_workers)}

    def receive(self, contribution: Contribution) -> None:
        """Keep a contribution for an update to come."""
        self._pending[contribution.sender].append(contribution)
        self.meters.pending += 1

    def next_update(self) -> Gradients | None:
        """The sum that the next update goes by, and the version is one higher; None as long as there is no
        quorum."""
        self._drop_stale()
        ready = [queue[0] for queue in self._pending.values() if queue]
        is_new = any(queue[-1].step > self.version for queue in self._pending.values() if queue)
        if len(ready) < self.rules.quorum or not is_new:
            return None
        for contribution in ready:
            self._pending[contribution.sender].popleft()
        total = self._sum(ready)
        self.version += 1
        self.meters.updates += 1
        return total

    def weight(self, staleness: int) -> float:
        """What a gradient counts: 1 where it is fresh."""
        if self.rules.late is Late.scale:
            return 1.0 / (1 + staleness)
        return 1.0

    def _drop_stale(self) -> None:
        most = 0 if self.rules.late is Late.drop else self.rules.max_staleness
        for queue in self._pending.values():
            # Only what is late is dropped; with a bound of 0 a worker that waited for its turn is fresh.
            while queue and self.version - queue[0].version > most and queue[0].step <= self.version:
                queue.popleft()
                self.meters.pending -= 1
                self.meters.dropped += 1

    def _sum(self, ready: Sequence[Contribution]) -> Gradients:
        """The sum in the order of the workers, as large as if all had come in time."""
        weights: dict[int, float] = {}
        for contribution in ready:
            staleness = self.version - contribution.version
            weights[contribution.sender] = self.weight(staleness)
            self.meters.staleness[staleness] += 1
            self.meters.late += staleness > 0
        self.meters.used += len(ready)
        self.meters.pending -= len(ready)
        total = sum(weights.values())
        share = self.rules.n_workers / total if total else 0.0
        leaves: dict[tuple[int, int], Any] = {(rank, rank + 1): None for rank in range(self.rules.n_workers)}
        for contribution in ready:
            factor = share * weights[contribution.sender]
            leaves[contribution.sender, contribution.sender + 1] = scaled(contribution.gradients, factor)
        return add_tree((0, self.rules.n_workers), leaves, add_all) or {}


def scaled(gradients: Gradients, factor: float) -> Gradients:
    """All of them, multiplied."""
    if factor == 1.0:
        return gradients
    return {name: gradient.times(factor) for name, gradient in gradients.items()}
