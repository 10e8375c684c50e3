# SPDX-License-Identifier: Apache-2.0
"""Negative flips: answers that were right and become wrong, which users notice even where the score rises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .answers import Answers
from .e_process import EProcess


@dataclass(frozen=True, slots=True)
class Flips:
    """How the answers of one layer changed: right before and wrong now, wrong before and right now.

    Source: Y. Yan et al., Positive-Congruent Training, CVPR 2021; for text Y. Xie et al., ACL 2021 (arXiv
    2105.03048).
    """

    layer: str
    right_before: int = 0
    negative: int = 0
    positive: int = 0

    @property
    def rate(self) -> float:
        """Share of the right answers that became wrong."""
        return self.negative / max(self.right_before, 1)

    def shows_more(self, share: float, alpha: float) -> bool:
        """Whether it is shown, with an error of alpha at most, that more than this share become wrong."""
        flipped = np.zeros(self.right_before)
        flipped[: self.negative] = 1.0
        return EProcess.of(flipped - share).shows(alpha)


def count_flips(champion: Answers, candidate: Answers) -> list[Flips]:
    """Flips per layer, over the gold answers of the same documents."""
    totals: dict[str, list[int]] = {}
    for before, after in zip(champion, candidate, strict=True):
        for layer, (predicted, gold) in before.items():
            right_before, right_after = predicted & gold, after[layer].predicted & after[layer].gold
            total = totals.setdefault(layer, [0, 0, 0])
            total[0] += len(right_before)
            total[1] += len(right_before - right_after)
            total[2] += len(right_after - right_before)
    return [Flips(layer, *total) for layer, total in sorted(totals.items())]
