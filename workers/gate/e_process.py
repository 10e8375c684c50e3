# SPDX-License-Identifier: Apache-2.0
"""How sure it is that one model is better than another: a bettor's wealth, which may be looked at after every
document."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .counts import FloatArray

BETS = np.geomspace(0.02, 0.95, 24)
"""Shares of the wealth that are bet on each document, all of them beside each other: small ones find small
gains among many documents, large ones large gains in few. Below 1, so that no single loss ruins a bettor."""
MOST = 10_000_000
"""More documents than this are never waited for."""


@dataclass(frozen=True, slots=True, eq=False)
class EProcess:
    """A bettor's wealth after so many documents, who began with 1 and bets that a mean is above 0.

    Where it is not (the null hypothesis: each document's difference, given those before, is 0 or less in the
    mean), wealth ever reaches 1/alpha with a probability of alpha at most, however often one looks: it is a
    nonnegative supermartingale. Equal shares of the first wealth follow constant bets, so the order of the
    documents does not matter. `logs` is the wealth of each bet, as a logarithm.
    Source: I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables by betting, JRSSB 2023;
    constant bets mixed as in T. Cover's universal portfolio (J. Ryu, A. Bhatt, arXiv 2207.12382); J. Ville's
    inequality, 1939, as in A. Ramdas et al., Game-theoretic statistics and safe anytime-valid inference,
    Statistical Science 2023.
    """

    logs: FloatArray
    documents: int = 0

    @classmethod
    def begin(cls) -> EProcess:
        """Before any document."""
        return cls(np.zeros(len(BETS)))

    @classmethod
    def of(cls, differences: FloatArray) -> EProcess:
        """After these documents; each difference lies between -1 and 1.

        >>> round(EProcess.of(np.ones(10)).value, 1)
        66.4
        >>> EProcess.of(np.zeros(10)).value
        1.0
        """
        return cls.begin().after(differences)

    def after(self, differences: FloatArray) -> EProcess:
        """After these documents too."""
        # What differs in nothing costs nothing.
        moving = differences[differences != 0]
        won: FloatArray = np.log1p(np.outer(moving, BETS)).sum(axis=0)
        return EProcess(self.logs + won, self.documents + len(differences))

    @property
    def log_value(self) -> float:
        """Natural logarithm of the wealth."""
        return _log_mean(self.logs)

    @property
    def value(self) -> float:
        """The wealth: how many times over the bet has paid."""
        return math.exp(min(self.log_value, 700.0))

    def shows(self, alpha: float) -> bool:
        """Whether it refutes the null hypothesis, with an error of alpha at most."""
        return self.log_value >= -math.log(alpha)

    def more_documents(self, log_target: float) -> int | None:
        """About how many more documents like those it has seen it takes until wealth is there; None where
        they speak for nothing, or where it would be never.

        An estimate: what it has seen is repeated in thought.
        """
        if self.log_value >= log_target:
            return 0
        if not self.documents or self.logs.max() <= 0:
            return None
        low, high = 1.0, 2.0
        while _log_mean(high * self.logs) < log_target:
            low, high = high, 2 * high
            if high * self.documents > MOST:
                return None
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (low, middle) if _log_mean(middle * self.logs) >= log_target else (middle, high)
        return max(math.ceil((high - 1) * self.documents), 1)


def fewest_documents(log_target: float) -> int:
    """How many documents it takes at least, each of them won by as much as can be."""
    n = max(math.floor(log_target / math.log1p(BETS[-1])), 1)
    while _log_mean(n * np.log1p(BETS)) < log_target:
        n += 1
    return n


def _log_mean(logs: FloatArray) -> float:
    top = float(logs.max())
    return top + math.log(float(np.exp(logs - top).mean()))
