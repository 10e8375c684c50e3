# SPDX-License-Identifier: Apache-2.0
"""The layer that looks up attribute ids of tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model

from ..batch import Batch
from ..errors import EngineError
from ..flags import FLAGS
from ..lexemes import ATTRIBUTES
from ..registry import registry
from ..strings import SYMBOLS
from .ragged import Array

SPACY = "SPACY"
"""The one attribute of a token instead of its lexeme: 1 where one blank follows."""

KNOWN = frozenset({*ATTRIBUTES, *FLAGS, SPACY})


@registry.layers("freshet.FeatureExtractor.v1")
def FeatureExtractor(columns: list[str | int]) -> Model[Batch, Any]:
    """Attribute ids of every token of a batch.

    Shape: `(n_tokens, len(columns))`, uint64.
    """
    names = [_name(column) for column in columns]
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        raise EngineError(f"expected lexical attributes, got {', '.join(unknown)}; there are: {', '.join(sorted(KNOWN))}")
    return Model("extract_features", forward, attrs={"columns": names})


def forward(model: Model[Batch, Any], batch: Batch, is_train: bool) -> tuple[Array, Callable[[Any], Any]]:
    """Gather the columns of the lexeme table."""
    columns = [_column(batch, name) for name in model.attrs["columns"]]
    features = np.stack(columns, axis=1) if columns else np.zeros((batch.n_tokens, 0), dtype=np.uint64)
    return features, lambda d_features: []


def _name(column: str | int) -> str:
    """Name of an attribute that the ecosystem's files may hold by its number."""
    if isinstance(column, int):
        return SYMBOLS[column] if 0 <= column < len(SYMBOLS) else str(column)
    return column.upper()


def _column(batch: Batch, name: str) -> Array:
    if name == SPACY:
        return batch.spaces.astype(np.uint64)
    return batch.lexemes.attribute(name)[batch.lexeme_ids]
