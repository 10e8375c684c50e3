# SPDX-License-Identifier: Apache-2.0
"""The protocol of `owned` without a cluster: seeded delays, stragglers and crashes, in virtual time.

The owners are the real ones (`owner`); what is simulated is the time that computing and sending take, and a
tiny model whose weights can be compared bit by bit. Each run is the same for the same seed. `scaling` puts
measured costs in to plan for clusters larger than the one at hand.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import EngineError
from .gradients import Gradient, Gradients
from .meters import Meters, sum_of
from .owner import Contribution, Owner, OwnerRules
from .ownership import owners_of

Array = npt.NDArray[np.float32]
Weights = dict[str, Array]
GradientOf = Callable[[Mapping[str, Array], int, int], Gradients]
"""Gradients by weights, step and worker: what that worker's shard of that step's batch says."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things take. Units: seconds. `jitter`: spread of the time of a step, as a share of it;
    `stragglers`: share of steps that take `slowness` times as long."""

    compute: float = 1.0
    jitter: float = 0.1
    stragglers: float = 0.0
    slowness: float = 10.0
    send: float = 0.01
    apply: float = 0.0

    def step(self, coins: random.Random) -> float:
        """The time of one step of one worker."""
        slow = self.slowness if coins.random() < self.stragglers else 1.0
        return max(1e-6, self.compute * slow * (1.0 + self.jitter * coins.uniform(-1.0, 1.0)))


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """What is simulated. `crashes`: how often a worker dies; its group begins again from the last checkpoint,
    which is taken every `checkpoint_every` steps, after `restart` seconds."""

    rules: OwnerRules
    steps: int
    seed: int = 0
    timing: Timing = field(default_factory=Timing)
    learn_rate: float = 0.1
    crashes: int = 0
    checkpoint_every: int = 10
    restart: float = 5.0


@dataclass(slots=True)
class SimulatedResult:
    """How it went. `redone`: steps that a crash made the group do twice."""

    weights: Weights
    meters: Meters
    seconds: float
    waited: float
    redone: int = 0


def simulate(run: SimulatedRun, weights: Mapping[str, Array], gradient_of: GradientOf) -> SimulatedResult:
    """Run the protocol to its last step. Raises: EngineError where nothing can happen any more."""
    coins = random.Random(run.seed)
    kept, step, seconds, waited, redone = dict(weights), 0, 0.0, 0.0, 0
    meters: list[Meters] = []
    crashes = sorted(coins.randrange(1, run.steps + 1) for _ in range(run.crashes))
    while step < run.steps:
        target = min(run.steps, step + run.checkpoint_every) if run.crashes else run.steps
        stretch = _Stretch(run, kept, step, target, gradient_of, coins)
        if crashes and crashes[0] <= target:
            fell = crashes.pop(0)
            seconds += stretch.until_someone_reaches(max(fell, step + 1)) + run.restart
            redone += max(0, fell - step - 1)
            continue
        seconds += stretch.to_the_end()
        kept, step = stretch.weights, target
        waited += stretch.waited
        meters.append(stretch.meters())
    return SimulatedResult(kept, sum_of(meters), seconds, waited, redone)


class _Stretch:
    """From one checkpoint to the next: workers, owners and messages, by the time at which they are due."""

    def __init__(
        self,
        run: SimulatedRun,
        weights: Mapping[str, Array],
        begin: int,
        end: int,
        gradient_of: GradientOf,
        coins: random.Random,
    ) -> None:
        n = run.rules.n_workers
        self.run, self.end, self.gradient_of, self.coins = run, end, gradient_of, coins
        self.weights: Weights = {name: array.copy() for name, array in weights.items()}
        self.owner_of = owners_of({name: array.size for name, array in weights.items()}, n)
        self.owners = [Owner(run.rules, begin) for _ in range(n)]
        self.seen: list[Weights] = [dict(self.weights) for _ in range(n)]
        self.known = [dict.fromkeys(range(n), begin) for _ in range(n)]
        self.steps = [begin] * n
        self.idle_since: list[float | None] = [0.0] * n
        self.now = self.waited = 0.0
        self.counts = Meters(workers=0)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._last: dict[tuple[int, int], float] = {}
        for rank in range(n):
            self._begin_step(rank)

    def to_the_end(self) -> float:
        """Until every owner has made every step; how long that took."""
        self._run(lambda: all(owner.version >= self.end for owner in self.owners))
        return self.now

    def until_someone_reaches(self, step: int) -> float:
        """Until a worker is at this step, where it dies; how long that took."""
        self._run(lambda: max(self.steps) >= step or all(o.version >= self.end for o in self.owners))
        return self.now

    def meters(self) -> Meters:
        """The counts of workers and owners."""
        return sum_of([self.counts, *(owner.meters for owner in self.owners)])

    def _run(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            if not self._due:
                raise EngineError(
                    f"nobody can go on at versions {[owner.version for owner in self.owners]}, steps "
                    f"{self.steps}; this is a bug in Freshet"
                )
            self.now, _, happen = heapq.heappop(self._due)
            happen()

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._numbers), happen))

    def _send(self, sender: int, to: int, happen: Callable[[], None]) -> None:
        """A message: it takes its time, and none between the same two overtakes another."""
        delay = 0.0 if sender == to else self.run.timing.send * self.coins.uniform(0.5, 1.5)
        due = max(self.now + delay, self._last.get((sender, to), 0.0))
        self._last[sender, to] = due
        heapq.heappush(self._due, (due, next(self._numbers), happen))

    def _begin_step(self, rank: int) -> None:
        """Begin the next step, if the bound on staleness lets it."""
        if self.idle_since[rank] is None:
            return
        while self.steps[rank] < self.end:
            known, step = min(self.known[rank].values()), self.steps[rank] + 1
            if step - 1 - self.run.rules.max_staleness > known:
                return
            self.steps[rank] = step
            if known >= step:
                self.counts.skipped += 1
                continue
            self.waited += self.now - (self.idle_since[rank] or 0.0)
            self.idle_since[rank] = None
            seen, versions = dict(self.seen[rank]), dict(self.known[rank])
            seconds = self.run.timing.step(self.coins)
            self._after(seconds, partial(self._finish_step, rank, step, seen, versions))
            return

    def _finish_step(self, rank: int, step: int, seen: Weights, versions: dict[int, int]) -> None:
        gradients = self.gradient_of(seen, step, rank)
        for owner in range(self.run.rules.n_workers):
            part = {name: g for name, g in gradients.items() if self.owner_of[name] == owner}
            contribution = Contribution(rank, step, versions[owner], part)
            self.counts.sent += 1
            self._send(rank, owner, partial(self._receive, owner, contribution))
        self.idle_since[rank] = self.now
        self._begin_step(rank)

    def _receive(self, owner: int, contribution: Contribution) -> None:
        self.owners[owner].receive(contribution)
        while (total := self.owners[owner].next_update()) is not None:
            changed: Weights = {}
            for name, gradient in total.items():
                step = np.float32(self.run.learn_rate) * gradient.dense()
                changed[name] = (self.weights[name] - step).astype(np.float32)
            self.weights.update(changed)
            version = self.owners[owner].version
            for rank in range(self.run.rules.n_workers):
                self._send(owner, rank, partial(self._learn, rank, owner, version, changed))

    def _learn(self, rank: int, owner: int, version: int, changed: Weights) -> None:
        self.known[rank][owner] = version
        self.seen[rank].update(changed)
        self._begin_step(rank)


def quadratic(width: int, n_arrays: int, seed: int = 0) -> tuple[Weights, GradientOf]:
    """A model to simulate with: arrays that are drawn to a goal, each shard with noise of its own."""
    generator = np.random.default_rng(seed)
    goal = {f"a{i}": generator.normal(size=width).astype(np.float32) for i in range(n_arrays)}

    def gradient_of(weights: Mapping[str, Array], step: int, rank: int) -> dict[str, Any]:
        noise = np.random.default_rng([seed, step, rank])
        return {
            name: Gradient(
                np.float32(0.1) * (weights[name] - goal[name])
                + noise.normal(scale=0.01, size=width).astype(np.float32),
                (width,),
            )
            for name in goal
        }

    return {name: np.zeros(width, dtype=np.float32) for name in goal}, gradient_of
