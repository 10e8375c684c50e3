# SPDX-License-Identifier: Apache-2.0
"""How many texts an encoder reads as one batch: by their pieces, for what a batch holds in memory goes by
these, and a text of emoji or of one long word has many times the pieces of another one of its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.components.adaptable import Adaptable, encoders_among
from engine.doc.batch import Batch

MOST_PIECES = 4
"""Of a character, a byte each, in UTF-8."""


@dataclass(frozen=True, slots=True)
class PieceBudget:
    """The encoders of a pipeline, each with its budget (`max_batch_items`)."""

    encoders: Sequence[Adaptable]

    @classmethod
    def of(cls, pipeline: object) -> PieceBudget:
        """Of a pipeline; one without encoders has no budget."""
        return cls([encoder for _, encoder in encoders_among(getattr(pipeline, "components", ()))])

    def parts(self, batch: Batch) -> list[slice]:
        """The documents in runs within the budget of every encoder; one that is above it is alone."""
        whole = [slice(0, batch.n_docs)]
        if not self.encoders or batch.n_docs < 2:
            return whole
        budget = min(encoder.max_batch_items for encoder in self.encoders)
        if sum(map(len, batch.texts)) * MOST_PIECES <= budget:
            return whole
        counts = np.max([encoder.count_pieces(batch) for encoder in self.encoders], axis=0)
        return runs_within(counts.tolist(), budget)


def runs_within(sizes: Sequence[int], budget: int) -> list[slice]:
    """Neighbours whose sizes add up to the budget at most; what is larger is alone.

    >>> runs_within([3, 2, 4, 9, 1], 5)
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None), slice(4, 5, None)]
    """
    runs, first, total = [], 0, 0
    for place, size in enumerate(sizes):
        if place > first and total + size > budget:
            runs.append(slice(first, place))
            first, total = place, 0
        total += size
    return [*runs, slice(first, len(sizes))]
