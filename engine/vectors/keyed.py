# SPDX-License-Identifier: Apache-2.0
"""Vectors by key: one read-only row per known word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..vocab.lexemes import LexemeTable
from ..vocab.strings import SYMBOL_IDS, SYMBOLS

Floats = npt.NDArray[np.float32]

ATTRIBUTES = ("ORTH", "NORM", "LOWER")
"""Attributes of a lexeme by which vectors may be looked up."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyedVectors:
    """Vectors by the string id of an attribute; several ids may share a row.

    Shape: data `(n_rows, width)`; keys, in ascending order, and rows `(n_keys,)`.
    """

    data: Floats
    keys: npt.NDArray[np.uint64]
    row_of: npt.NDArray[np.int64]
    attr: str = "ORTH"

    @classmethod
    def of(
        cls, data: Floats, keys: npt.NDArray[np.uint64], rows: npt.NDArray[np.int64], attr: str = "ORTH"
    ) -> Self:
        """Vectors from keys in any order; rows below zero are none.

        Raises: ValueError where a row is beyond the data.
        """
        if len(rows) and int(rows.max()) >= len(data):
            raise ValueError(f"expected rows below {len(data)}, got {int(rows.max())}")
        there = rows >= 0
        keys, rows = keys[there], rows[there]
        order = np.argsort(keys)
        return cls(data, keys[order], rows[order], attr)

    @property
    def width(self) -> int:
        """Numbers per vector."""
        return int(self.data.shape[1])

    def rows(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes, zeros where the table has none. Shape: `(len(lexeme_ids), width)`."""
        vectors = np.zeros((len(lexeme_ids), self.width), dtype=np.float32)
        places, known = self._places(lexemes, lexeme_ids, self.attr)
        vectors[known] = self.data[self.row_of[places[known]]]
        return vectors

    def rows_or_last(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes by their texts, the last one of the table where it has none. Shape:
        `(len(lexeme_ids), width)`."""
        places, known = self._places(lexemes, lexeme_ids, "ORTH")
        rows = np.full(len(places), -1, dtype=np.int64)
        rows[known] = self.row_of[places[known]]
        vectors: Floats = self.data[rows]
        return vectors

    def has(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which lexemes have a row. Shape: `(len(lexeme_ids),)`."""
        return self._places(lexemes, lexeme_ids, self.attr)[1]

    def _places(
        self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any], attr: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        ids = lexemes.attribute(attr)[lexeme_ids]
        if not len(self.keys):
            return np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.keys, ids), len(self.keys) - 1)
        return places, self.keys[places] == ids


def attribute_name(value: str | int) -> str:
    """Name of the attribute that a table is keyed by, from its name or number. Raises: ValueError."""
    number = SYMBOL_IDS.get(value.upper()) if isinstance(value, str) else value
    name = SYMBOLS[number] if number is not None and 0 <= number < len(SYMBOLS) else None
    if name not in ATTRIBUTES:
        raise ValueError(f"expected vectors by one of {', '.join(ATTRIBUTES)}, got {value!r}")
    return name
