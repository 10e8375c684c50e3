# SPDX-License-Identifier: Apache-2.0
"""Texts that are nearly the same: edit distance within a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.registry import registry
from ..jit.loops import jit

FuzzyCompare = Callable[[str, str, int], bool]
"""`compare(text, pattern, max_edits)`; `max_edits` is negative where the pattern's own length decides."""

LEAST_EDITS, EDITS_SHARE = 2, 0.3
"""Without a number, a share of the pattern's length may differ, and two characters in any case."""


def levenshtein_compare(text: str, pattern: str, max_edits: int = -1) -> bool:
    """Whether a text is at most so many insertions, deletions and replacements away from a pattern.

    >>> levenshtein_compare("definitly", "definitely"), levenshtein_compare("cat", "dog", 2)
    (True, False)
    """
    if text == pattern:
        return True
    limit = max_edits if max_edits >= 0 else max(LEAST_EDITS, round(EDITS_SHARE * len(pattern)))
    if abs(len(text) - len(pattern)) > limit:
        return False
    return bool(_within(_points(text), _points(pattern), limit))


@registry.misc("freshet.levenshtein_compare.v1")
def make_levenshtein_compare() -> FuzzyCompare:
    """Edit distance as the meaning of FUZZY."""
    return levenshtein_compare


def _points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


@jit
def _within(one: Any, other: Any, limit: int) -> bool:  # pragma: no cover - compiled
    row = np.arange(len(other) + 1)
    for i in range(len(one)):
        diagonal = row[0]
        row[0] = i + 1
        best = row[0]
        for j in range(len(other)):
            above = row[j + 1]
            row[j + 1] = min(diagonal + (one[i] != other[j]), row[j] + 1, above + 1)
            diagonal = above
            best = min(best, row[j + 1])
        if best > limit:
            return False
    return bool(row[len(other)] <= limit)
