# SPDX-License-Identifier: Apache-2.0
"""How far two label distributions lie apart."""

from __future__ import annotations

import math
from collections.abc import Mapping

SMOOTHING = 0.5
"""Added to each count, so that a label which one side lacks has a finite share (Jeffreys' prior)."""


def population_stability(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """The population stability index of two sets of counts: 0 where they agree; from about 0.25 on the change
    is taken as large.

    >>> population_stability({"A": 50, "B": 50}, {"A": 50, "B": 50})
    0.0
    """
    return sum((q - p) * math.log(q / p) for p, q in _shares(before, after, SMOOTHING))


def jensen_shannon(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """The Jensen-Shannon divergence of two sets of counts, in bits: 0 where they agree, 1 where they share no
    label.

    >>> jensen_shannon({"A": 9}, {"B": 4})
    1.0
    """
    return sum((_part(p, (p + q) / 2) + _part(q, (p + q) / 2)) / 2 for p, q in _shares(before, after, 0.0))


def _shares(
    before: Mapping[str, float], after: Mapping[str, float], smoothing: float
) -> list[tuple[float, float]]:
    labels = sorted(set(before) | set(after))
    n_before, n_after = (sum(counts.values()) + smoothing * len(labels) for counts in (before, after))
    if not n_before or not n_after:
        return []
    return [
        ((before.get(label, 0) + smoothing) / n_before, (after.get(label, 0) + smoothing) / n_after)
        for label in labels
    ]


def _part(share: float, mean: float) -> float:
    return share * math.log2(share / mean) if share else 0.0
