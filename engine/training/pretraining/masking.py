# SPDX-License-Identifier: Apache-2.0
"""Words that are hidden from an embedding, so that it has to go by the words around them.

Source: Devlin et al. 2019, "BERT", section 3.1: of the chosen words most are hidden, some are replaced, some
stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...doc.batch import Batch

MASK = "[MASK]"
"""The word that stands in the place of a hidden one."""

SHARE = 0.15
"""Words that are chosen."""

HIDDEN, REPLACED = 0.8, 0.1
"""Of the chosen ones: those that become `MASK`, and those that become another word of the batch."""


@dataclass(frozen=True, slots=True, eq=False)
class Masked:
    """A batch as the embedding sees it, and which of its tokens it has to guess.

    Shape: rows `(n_chosen,)`.
    """

    batch: Batch
    rows: npt.NDArray[np.int64]


def mask_words(batch: Batch, share: float = SHARE) -> Masked:
    """Choose words of a batch, one at least, and hide them, by NumPy's global generator; the batch itself
    stays as it is."""
    n_tokens = batch.n_tokens
    rows = np.flatnonzero(np.random.uniform(size=n_tokens) < share)
    if not len(rows) and n_tokens:
        rows = np.array([np.random.randint(n_tokens)])
    rolls = np.random.uniform(size=len(rows))
    ids: npt.NDArray[Any] = batch.lexeme_ids.copy()
    ids[rows[rolls < HIDDEN]] = batch.lexemes.add(MASK)
    others = rows[(rolls >= HIDDEN) & (rolls < HIDDEN + REPLACED)]
    ids[others] = batch.lexeme_ids[np.random.randint(n_tokens, size=len(others))] if len(others) else 0
    seen = replace(batch, lexeme_ids=ids, columns={}, spans={}, cats={}, vectors={}, grads={}, states=None)
    return Masked(seen, rows)
