# SPDX-License-Identifier: Apache-2.0
"""Real documents with the answers of two real models, and pairs of models that are made up of these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.scoring.units import Counts
from workers.gate.counts import Slice, SliceCounts, f_scores
from workers.gate.stream_evidence import LayerCounts

Floats = npt.NDArray[np.float64]
SLICES = (Slice("ents"),)
KEPT = 0.9
"""Share of the documents in which a candidate of a line is as the one before."""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Documents with the counts of two models, the worse one first. Shape of each: `(n, 3)`."""

    name: str
    worse: Floats
    better: Floats

    @property
    def churn(self) -> float:
        """Share of the documents in which the two differ."""
        return float((self.worse != self.better).any(axis=1).mean())

    def loaded(self, gain: float, share: float) -> float:
        """How far the coin must be loaded that a candidate which gives the other's answers in this share of
        the documents is better by `gain`."""
        low, high = -0.5, 0.5
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self._gain(middle, share) < gain else (low, middle)
        return (low + high) / 2

    def _gain(self, load: float, share: float) -> float:
        champion = (0.5 + load) * self.worse.sum(0) + (0.5 - load) * self.better.sum(0)
        other = (0.5 + load) * self.better.sum(0) + (0.5 - load) * self.worse.sum(0)
        candidate = share * other + (1 - share) * champion
        return float(f_scores(candidate) - f_scores(champion))


@dataclass(slots=True, eq=False)
class World:
    """Documents drawn from a population, whose answers the champion gives, and in which a candidate gives the
    other's."""

    rng: np.random.Generator
    worse: Floats
    better: Floats
    coin: npt.NDArray[np.bool_]
    share: float
    differs: npt.NDArray[np.bool_]

    @classmethod
    def draw(
        cls, population: Population, rng: np.random.Generator, n: int, share: float, load: float = 0.0
    ) -> World:
        """So many documents."""
        chosen = rng.integers(0, len(population.worse), size=n)
        coin, differs = rng.random(n) < 0.5 + load, rng.random(n) < share
        return cls(rng, population.worse[chosen], population.better[chosen], coin, share, differs)

    def next_candidate(self) -> None:
        """The line's next candidate: some of its answers are drawn anew."""
        anew = self.rng.random(len(self.differs)) >= KEPT
        self.differs[anew] = self.rng.random(int(anew.sum())) < self.share

    def pair(self, first: int, last: int) -> tuple[SliceCounts, SliceCounts]:
        """Counts of champion and candidate on a range of the documents."""
        part = slice(first, last)
        coin, flipped = self.coin[part], self.coin[part] ^ self.differs[part]
        both = (
            np.where(side[:, None], self.worse[part], self.better[part])[:, None, :]
            for side in (coin, flipped)
        )
        champion, candidate = (SliceCounts(SLICES, values) for values in both)
        return champion, candidate

    def rows(self, first: int, last: int) -> list[tuple[LayerCounts, LayerCounts]]:
        """The same, document by document."""
        champion, candidate = (side.values[:, 0].tolist() for side in self.pair(first, last))
        return [
            ({"ents": Counts(*before)}, {"ents": Counts(*after)})
            for before, after in zip(champion, candidate, strict=True)
        ]
