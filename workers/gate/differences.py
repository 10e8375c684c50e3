# SPDX-License-Identifier: Apache-2.0
"""What each document says about two models: differences whose sum has the sign of the difference of F."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .counts import FloatArray, SliceCounts

ANSWER = 2.0
"""What one right answer more is worth, among those predicted and those in gold: F is 2 tp / (predicted +
gold)."""


def differences(
    champion: SliceCounts, candidate: SliceCounts, places: Sequence[int], margin: float = 0.0
) -> FloatArray:
    """One difference a document, between -1 and 1: their mean is above 0 where the candidate's mean F over
    the slices at `places` is more than `margin` above the champion's.

    F is no mean over documents, yet whether it is above some f is a question to one: 2 tp - f (predicted +
    gold), summed, is above 0. With the champion's own F for f, and each slice brought to one size, what the
    candidate has more of it is the document's difference. It counts up to one answer, right in place of
    wrong: a document whose answers fall together says no more than another, which is what makes few
    documents enough. Shape: `(n_documents,)`.
    """
    n_documents = len(champion.values)
    gained, asked, unit = np.zeros(n_documents), np.zeros(n_documents), 1e-12
    known = [place for place in places if n_documents and candidate.values[:, place].any()]
    for place in known:
        before, after = champion.values[:, place], candidate.values[:, place]
        size = sizes(after)
        share = 1 / (size.mean() * len(known))
        f = 2 * before[:, 0].sum() / max(sizes(before).sum(), 1.0)
        gained += share * (2 * (after[:, 0] - before[:, 0]) - f * (size - sizes(before)))
        asked += share * margin * size
        unit = max(unit, ANSWER * share)
    limited: FloatArray = np.clip(np.clip(gained / unit, -1, 1) - asked / unit, -1, 1)
    return limited


def sizes(counts: FloatArray) -> FloatArray:
    """Predicted and gold answers of each document. Shape: `(..., 3)` to `(...)`."""
    total: FloatArray = 2 * counts[..., 0] + counts[..., 1] + counts[..., 2]
    return total
