# SPDX-License-Identifier: Apache-2.0
"""Vectors by key: one read-only row per known word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..vocab.lexemes import LexemeTable
from ..vocab.strings import SYMBOL_IDS, SYMBOLS, string_ids
from .key_texts import KeyTexts
from .mapped_file import take_rows

Floats = npt.NDArray[np.float32]
Keys = npt.NDArray[np.uint64]

ATTRIBUTES = ("ORTH", "NORM", "LOWER")
"""Attributes of a lexeme by which vectors may be looked up."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyedVectors:
    """Vectors by the string id of an attribute; several ids may share a row.

    `order`: places of the keys in the order in which they were added, where it is another one; `texts`: what
    the keys are ids of, as far as it is known; `source`: the mapped file that holds all of it.
    Shape: data `(n_rows, width)`; keys, in ascending order, and rows `(n_keys,)`.
    """

    data: Floats
    keys: Keys
    row_of: npt.NDArray[np.int64]
    attr: str = "ORTH"
    order: npt.NDArray[np.int64] | None = None
    texts: KeyTexts | None = None
    name: str | None = None
    source: memoryview | None = None

    @classmethod
    def of(
        cls,
        data: Floats,
        keys: Keys,
        rows: npt.NDArray[np.int64],
        attr: str = "ORTH",
        *,
        texts: Mapping[int, str] | None = None,
        name: str | None = None,
    ) -> Self:
        """Vectors from keys in any order; rows below zero are none.

        Raises: ValueError where a row is beyond the data.
        """
        if len(rows) and int(rows.max()) >= len(data):
            raise ValueError(f"expected rows below {len(data)}, got {int(rows.max())}")
        there = rows >= 0
        keys, rows = keys[there], rows[there]
        order = np.argsort(keys, kind="stable")
        places = None if np.array_equal(order, np.arange(len(order))) else np.argsort(order, kind="stable")
        known = None if texts is None else KeyTexts.of(texts.get(key, "") for key in keys[order].tolist())
        return cls(data, keys[order], rows[order], attr, places, known, name)

    @property
    def width(self) -> int:
        """Numbers per vector."""
        return int(self.data.shape[1])

    def pairs(self) -> tuple[Keys, npt.NDArray[np.int64]]:
        """Keys and their rows, in the order in which they were added."""
        if self.order is None:
            return self.keys, self.row_of
        return self.keys[self.order], self.row_of[self.order]

    def rows(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes, zeros where the table has none. Shape: `(len(lexeme_ids), width)`."""
        return self.by_keys(lexemes.attribute(self.attr)[lexeme_ids])

    def by_keys(self, keys: Keys) -> Floats:
        """Vectors of keys, zeros where the table has none. Shape: `(len(keys), width)`."""
        vectors = np.zeros((len(keys), self.width), dtype=np.float32)
        places, known = self._places(keys)
        vectors[known] = take_rows(self.data, self.row_of[places[known]])
        return vectors

    def row_numbers(self, keys: Keys) -> npt.NDArray[np.int64]:
        """Rows of keys, -1 where the table has none. Shape: `(len(keys),)`."""
        places, known = self._places(keys)
        return np.where(known, self.row_of[places] if len(self.keys) else -1, -1)

    def rows_or_last(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes by their texts, the last one of the table where it has none. Shape:
        `(len(lexeme_ids), width)`."""
        return take_rows(self.data, self.row_numbers(lexemes.attribute("ORTH")[lexeme_ids]))

    def has(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which lexemes have a row. Shape: `(len(lexeme_ids),)`."""
        return self._places(lexemes.attribute(self.attr)[lexeme_ids])[1]

    def text_of(self, key: int) -> str | None:
        """What a key is the id of; None where that is not known."""
        if self.texts is None or not len(self.keys):
            return None
        places, known = self._places(np.array([key], dtype=np.uint64))
        return self.texts[int(places[0])] or None if known[0] else None

    def _places(self, keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return places, self.keys[places] == keys


def texts_by_key(texts: list[str]) -> Mapping[int, str]:
    """Texts by their ids."""
    return dict(zip(string_ids(texts).tolist(), texts, strict=True))


def attribute_name(value: str | int) -> str:
    """Name of the attribute that a table is keyed by, from its name or number. Raises: ValueError."""
    number = SYMBOL_IDS.get(value.upper()) if isinstance(value, str) else value
    name = SYMBOLS[number] if number is not None and 0 <= number < len(SYMBOLS) else None
    if name not in ATTRIBUTES:
        raise ValueError(f"expected vectors by one of {', '.join(ATTRIBUTES)}, got {value!r}")
    return name
