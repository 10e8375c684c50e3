# SPDX-License-Identifier: Apache-2.0
"""The layer that looks up attribute ids of tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model

from ..batch import Batch
from ..errors import EngineError
from ..registry import registry
from .ragged import Array

NUMBERED = {65: "ORTH", 66: "LOWER", 67: "NORM", 68: "SHAPE", 69: "PREFIX", 70: "SUFFIX", 71: "LENGTH"}
"""Attributes by the number that the ecosystem's files may hold instead of a name."""


@registry.layers("freshet.FeatureExtractor.v1")
def FeatureExtractor(columns: list[str | int]) -> Model[Batch, Any]:
    """Attribute ids of every token of a batch.

    Shape: `(n_tokens, len(columns))`, uint64.
    """
    names = [NUMBERED.get(column, str(column)) if isinstance(column, int) else column.upper() for column in columns]
    unknown = [name for name in names if name not in NUMBERED.values()]
    if unknown:
        raise EngineError(f"expected lexical attributes, got {', '.join(unknown)}; there are: {', '.join(sorted(NUMBERED.values()))}")
    return Model("extract_features", forward, attrs={"columns": names})


def forward(model: Model[Batch, Any], batch: Batch, is_train: bool) -> tuple[Array, Callable[[Any], Any]]:
    """Gather the columns of the lexeme table."""
    columns = [batch.lexemes.attribute(name)[batch.lexeme_ids] for name in model.attrs["columns"]]
    features = np.stack(columns, axis=1) if columns else np.zeros((batch.n_tokens, 0), dtype=np.uint64)
    return features, lambda d_features: []
