# SPDX-License-Identifier: Apache-2.0
"""How far an author's corrections agree with what the model said before it learned them, beside others'
corrections of about that time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.scoring.unit_pairs import UnitPair
from engine.scoring.units import Counts

FADING = 0.99
"""What an author's scores so far weigh after one more: some hundred of them are remembered."""
SCORES_KEPT = 500
"""Scores of everybody that are there to be compared with, by layer and kind."""
TAKEN = 8
"""Others' scores that one correction is compared with; each of them once, so that no two comparisons of an
author share their luck."""
N_KINDS = 3
"""F of all documents, in which who marks what nobody else would is seen; F of those on which model or person
says something, for who marks nothing; the labels of what both mark, for who turns labels."""


@dataclass(slots=True)
class FadedMean:
    """A mean in which older values weigh less."""

    total: float = 0.0
    weight: float = 0.0

    def add(self, value: float) -> None:
        """One more value."""
        self.total, self.weight = self.total * FADING + value, self.weight * FADING + 1.0

    @property
    def mean(self) -> float:
        """The mean; 0 of nothing."""
        return self.total / self.weight if self.weight else 0.0


@dataclass(slots=True)
class ScoreLog:
    """The last scores of everybody in their order, with their authors; `first` is the number of the first
    that is kept."""

    first: int = 0
    scores: list[tuple[str, float]] = field(default_factory=list)

    def add(self, author: str, score: float) -> None:
        """One more."""
        self.scores.append((author, score))
        gone = len(self.scores) - SCORES_KEPT
        if gone > 0:
            del self.scores[:gone]
            self.first += gone

    def take(self, author: str, start: int) -> tuple[list[float], int]:
        """The next scores of others from a number on, and the number behind them."""
        found: list[float] = []
        at = max(start - self.first, 0)
        while at < len(self.scores) and len(found) < TAKEN:
            name, score = self.scores[at]
            found += [score] if name != author else []
            at += 1
        return found, self.first + at


@dataclass(slots=True)
class OwnScores:
    """An author's scores in one layer: the faded mean over all documents, and by kind the number of the first
    score of others that was not compared with yet."""

    mean: FadedMean = field(default_factory=FadedMean)
    next: list[int] = field(default_factory=lambda: [0] * N_KINDS)


@dataclass(slots=True)
class Agreement:
    """The latest scores of everybody, by layer and kind."""

    logs: dict[str, list[ScoreLog]] = field(default_factory=dict)

    def add(
        self, author: str, own: dict[str, OwnScores], pairs: Mapping[str, UnitPair]
    ) -> Iterator[tuple[int, float]]:
        """Count an author's correction, given what model and person say of each layer; by kind, how much less
        they agree than others' corrections did (-1 to 1), where there are any to compare with."""
        found: dict[int, list[float]] = {}
        for layer, pair in sorted(pairs.items()):
            mine = own.setdefault(layer, OwnScores())
            logs = self.logs.setdefault(layer, [ScoreLog() for _ in range(N_KINDS)])
            for kind, score in enumerate(scores_of(pair)):
                if score is None:
                    continue
                others, mine.next[kind] = logs[kind].take(author, mine.next[kind])
                if others:
                    found.setdefault(kind, []).append(sum(others) / len(others) - score)
                logs[kind].add(author, score)
            mine.mean.add(scores_of(pair)[0])
        for kind, values in sorted(found.items()):
            yield kind, sum(values) / len(values)

    def state(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {layer: [[log.first, log.scores] for log in logs] for layer, logs in self.logs.items()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Agreement:
        """What `state` gave."""
        return cls(
            {
                layer: [ScoreLog(first, [(name, score) for name, score in scores]) for first, scores in logs]
                for layer, logs in state.items()
            }
        )


def scores_of(pair: UnitPair) -> tuple[float, float | None, float | None]:
    """One document's score in a layer by kind; None where the kind has nothing to say of it."""
    counts = Counts.of(*pair)
    if counts.is_empty:
        return 1.0, None, None
    gold = {(unit.start, unit.end): unit.label for unit in pair.gold}
    same = [unit.label == gold[at] for unit in pair.predicted if (at := (unit.start, unit.end)) in gold]
    return counts.f1, counts.f1, sum(same) / len(same) if same else None
