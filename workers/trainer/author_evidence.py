# SPDX-License-Identifier: Apache-2.0
"""Whether an author disagrees with the model far more than the others do: bets on it, which seldom win
against one who does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from .author_agreement import N_KINDS

STAKES = (0.5, 0.95)
"""Shares of the wealth that are staked at once; no one of them is best for every author."""


@dataclass(slots=True)
class Evidence:
    """Wealth of bets that the excess of an author's disagreement is above what is tolerated.

    Each bet on an excess x in [-1, 1] multiplies its wealth by 1 + stake * (x - tolerated) / (1 + tolerated),
    whose expectation is at most 1 as long as the excess is expected to be tolerable, whatever came before.
    The mean wealth over stakes and kinds of scores then ever reaches 1 / p with a probability of
    at most p, however often one looks.
    Source: I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables by betting, 2023, after
    Ville's inequality. Unit: `logs`, natural logarithms of wealth, by kind and stake.
    """

    logs: list[float] = field(default_factory=lambda: [0.0] * (N_KINDS * len(STAKES)))

    def bet(self, kind: int, excess: float, tolerated: float) -> None:
        """One bet on a kind of score at each stake."""
        gain = (excess - tolerated) / (1.0 + tolerated)
        for i, stake in enumerate(STAKES, kind * len(STAKES)):
            self.logs[i] += math.log1p(stake * gain)

    @property
    def wealth(self) -> float:
        """The mean wealth; 1 before any bet."""
        return mean_of_exponentials(self.logs)


def mean_of_exponentials(logs: Sequence[float]) -> float:
    """Mean of e to these powers; infinite where that is too large to be said.

    >>> mean_of_exponentials([0.0, 0.0])
    1.0
    """
    top = max(logs)
    if top > 700.0:
        return math.inf
    return math.exp(top) * sum(math.exp(value - top) for value in logs) / len(logs)
