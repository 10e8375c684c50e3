# SPDX-License-Identifier: Apache-2.0
"""Hash embedding tables beside one another, one per column of ids."""

from __future__ import annotations

from typing import Any

from thinc.api import HashEmbed, Model, concatenate
from thinc.types import Floats2d


def hash_embed_columns(width: int, rows: list[int], first_seed: int) -> Model[Any, Floats2d]:
    """One table per column of ids, in order; the seeds count up from `first_seed`. Shape: `(n_tokens,
    len(rows) * width)`."""
    tables = [HashEmbed(width, n, column=i, seed=first_seed + i, dropout=0.0) for i, n in enumerate(rows)]
    return concatenate(*tables)
