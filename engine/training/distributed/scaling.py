# SPDX-License-Identifier: Apache-2.0
"""How fast so many workers would learn, by costs that were measured on few: plans, not measurements.

`owned` goes through the simulator's owners and messages; `sync` and `local` follow from when the slowest
worker of a step is done, drawn step by step.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from .gradients import Gradient
from .owner import OwnerRules
from .settings import Strategy
from .simulator import SimulatedRun, Timing, simulate


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured of one worker. Units: `compute` seconds a word; `fixed` seconds a step beside it;
    `update` seconds of the optimizer for all weights; `gradient_bytes` and `weight_bytes` of all arrays, as
    they are sent; `bandwidth` bytes a second out of or into one worker; `latency` seconds a message."""

    compute: float
    fixed: float
    update: float
    gradient_bytes: float
    weight_bytes: float
    bandwidth: float
    latency: float
    jitter: float = 0.1
    stragglers: float = 0.0
    slowness: float = 10.0


@dataclass(frozen=True, slots=True)
class ScalingPoint:
    """Words a second of so many workers together; `efficiency`: of as many times one worker's."""

    workers: int
    words_per_second: float
    efficiency: float
    waiting_share: float


def scaling_curve(
    strategy: Strategy,
    costs: Costs,
    words_a_worker: int,
    sizes: Iterable[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256),
    *,
    steps: int = 20,
    max_staleness: int = 2,
    quorum_share: float = 1.0,
    average_every: int = 16,
    seed: int = 0,
) -> Iterator[ScalingPoint]:
    """A point for each number of workers, each of which has `words_a_worker` words a step."""
    plan = _Plan(costs, words_a_worker, steps, max_staleness, quorum_share, average_every, seed)
    alone = plan.seconds(strategy, 1)[0]
    for n in sizes:
        seconds, waited = plan.seconds(strategy, n)
        words = n * words_a_worker * steps / seconds
        yield ScalingPoint(n, words, alone / seconds, waited / (n * seconds))


@dataclass(frozen=True, slots=True)
class _Plan:
    costs: Costs
    words: int
    steps: int
    max_staleness: int
    quorum_share: float
    average_every: int
    seed: int

    def seconds(self, strategy: Strategy, n: int) -> tuple[float, float]:
        """Seconds of all steps, and those that workers waited, summed over them."""
        if strategy is Strategy.owned:
            return self._owned(n)
        return self._in_lockstep(n, local=strategy is Strategy.local)

    @property
    def timing(self) -> Timing:
        """Of one worker's part of a step."""
        costs = self.costs
        compute = costs.fixed + costs.compute * self.words
        return Timing(compute, costs.jitter, costs.stragglers, costs.slowness, costs.latency)

    def _in_lockstep(self, n: int, *, local: bool) -> tuple[float, float]:
        """Every worker waits for the slowest of a step, or of a stretch between two means."""
        costs, coins, timing = self.costs, random.Random(self.seed), self.timing
        sent = (costs.weight_bytes * 3 if local else costs.gradient_bytes) * (n - 1)
        exchange = (costs.latency + sent / costs.bandwidth) if n > 1 else 0.0
        every = min(self.average_every, self.steps) if local else 1
        total = waited = 0.0
        for _ in range(self.steps // every):
            times = [sum(timing.step(coins) + costs.update for _ in range(every)) for _ in range(n)]
            total += max(times) + exchange
            waited += sum(max(times) - time + exchange for time in times)
        return total * self.steps / (every * (self.steps // every)), waited

    def _owned(self, n: int) -> tuple[float, float]:
        """Gradients to owners and arrays back share a worker's line; the owner's update is its own share."""
        costs = self.costs
        traffic = (costs.gradient_bytes + costs.weight_bytes) * (n - 1) / n if n > 1 else 0.0
        timing = self.timing
        timing = replace(timing, compute=timing.compute + costs.update / n + traffic / costs.bandwidth)
        quorum = max(1, round(self.quorum_share * n))
        run = SimulatedRun(OwnerRules(n, quorum, self.max_staleness), self.steps, self.seed, timing)
        names = [f"a{rank}" for rank in range(n)]
        nothing = {name: Gradient(np.zeros(1, dtype=np.float32), (1,)) for name in names}
        weights = {name: np.zeros(1, dtype=np.float32) for name in names}
        result = simulate(run, weights, lambda *_: nothing)
        return result.seconds, result.waited
