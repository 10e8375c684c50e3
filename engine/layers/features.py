# SPDX-License-Identifier: Apache-2.0
"""The layer that looks up attribute ids of tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model

from ..config.registry import registry
from ..doc.batch import Batch
from ..errors import EngineError
from ..vocab.flags import FLAGS
from ..vocab.lexemes import ATTRIBUTES
from ..vocab.strings import SYMBOLS, string_ids
from .ragged import Array
from .token_numbers import OTHERS

SPACY = "SPACY"
"""An attribute of a token instead of its lexeme: 1 where one blank follows."""

LAYERS = {
    "TAG": "tag",
    "POS": "pos",
    "MORPH": "morph",
    "LEMMA": "lemma",
    "DEP": "dep",
    "ENT_ID": "ent_id",
    "ENT_KB_ID": "ent_kb_id",
}
"""Attributes that components before this one set, and their columns."""

ENT_TYPE, ENT_IOB = "ENT_TYPE", "ENT_IOB"
OUTSIDE, INSIDE, BEGIN = 2, 1, 3

OF_LEXEME = frozenset({*ATTRIBUTES, *FLAGS, SPACY})
"""Attributes that the text decides, whatever components say."""

EMPTY = {"MORPH": "_"}
"""What an empty value that was set counts as."""

KNOWN = frozenset({*OF_LEXEME, *LAYERS, *OTHERS, ENT_TYPE, ENT_IOB})


@registry.layers("freshet.FeatureExtractor.v1")
def FeatureExtractor(columns: list[str | int]) -> Model[Batch, Any]:
    """Attribute ids of every token of a batch.

    Shape: `(n_tokens, len(columns))`, uint64.
    """
    names = [attribute_of(column) for column in columns]
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        raise EngineError(
            f"expected attributes of tokens, got {', '.join(unknown)}; there are: {', '.join(sorted(KNOWN))}"
        )
    return Model("extract_features", forward, attrs={"columns": names})


def forward(model: Model[Batch, Any], batch: Batch, is_train: bool) -> tuple[Array, Callable[[Any], Any]]:
    """Gather the columns of the lexeme table."""
    columns = [_column(batch, name) for name in model.attrs["columns"]]
    features = np.stack(columns, axis=1) if columns else np.zeros((batch.n_tokens, 0), dtype=np.uint64)
    return features, lambda d_features: []


def attribute_of(column: str | int) -> str:
    """Name of an attribute that spaCy's files may hold by its number."""
    if isinstance(column, int):
        return SYMBOLS[column] if 0 <= column < len(SYMBOLS) else str(column)
    return column.upper()


def _column(batch: Batch, name: str) -> Array:
    if name == SPACY:
        return batch.spaces.astype(np.uint64)
    if name in LAYERS:
        column = batch.columns.get(LAYERS[name])
        return (
            _zeros(batch)
            if column is None
            else _ids_of([label or EMPTY.get(name, "") for label in column.labels])[column.ids]
        )
    if name in (ENT_TYPE, ENT_IOB):
        return _entities(batch, name)
    if name in OTHERS:
        return OTHERS[name](batch)
    return batch.lexemes.attribute(name)[batch.lexeme_ids]


def _zeros(batch: Batch) -> Array:
    return np.zeros(batch.n_tokens, dtype=np.uint64)


def _ids_of(labels: list[str]) -> Array:
    """String ids of labels, and 0 behind them for tokens without one."""
    ids: Array = np.append(string_ids(labels), np.uint64(0))
    return ids


def _entities(batch: Batch, name: str) -> Array:
    """String id of the label of each token's entity, or how it stands in the entity; 0 where nobody looked
    for entities."""
    values, column = _zeros(batch), batch.spans.get("ents")
    if column is None:
        return values
    if name == ENT_IOB:
        values[:] = OUTSIDE
    ids = _ids_of(list(column.labels))[column.label_ids]
    begins, ends = batch.span_rows(column)
    for start, end, label in zip(begins.tolist(), ends.tolist(), ids, strict=True):
        values[start:end] = label if name == ENT_TYPE else INSIDE
        values[start] = label if name == ENT_TYPE else BEGIN
    return values
