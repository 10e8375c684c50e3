# SPDX-License-Identifier: Apache-2.0
"""A table of a kind of its own (`VectorTable`), as a vocabulary reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..vocab.lexemes import LexemeTable
from .base_vectors import BaseVectors
from .vector_table import VectorTable

Floats = npt.NDArray[np.float32]


class TableAdapter(BaseVectors):
    """A table that knows lexemes, by the ids of texts."""

    def __init__(self, table: VectorTable, lexemes: LexemeTable) -> None:
        super().__init__()
        self.table = table
        self._lexemes = lexemes.line

    def __contains__(self, key: int | str) -> bool:
        """Whether a key has a vector."""
        return bool(self.table.has(self._lexemes.current, self._ids([key]))[0])

    def get_batch(self, keys: Iterable[int | str]) -> Floats:
        """Vectors of keys. Shape: `(n_keys, width)`."""
        return self.table.rows(self._lexemes.current, self._ids(keys))

    @property
    def shape(self) -> tuple[int, int]:
        """How many vectors there are is not known; 1 stands for any."""
        return 1, self.table.width

    def rows(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes. Shape: `(len(lexeme_ids), width)`."""
        return self.table.rows(lexemes, lexeme_ids)

    def rows_or_last(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes, the last one where there is none. Shape: `(len(lexeme_ids), width)`."""
        return self.table.rows_or_last(lexemes, lexeme_ids)

    def has(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which lexemes have a vector. Shape: `(len(lexeme_ids),)`."""
        return self.table.has(lexemes, lexeme_ids)

    def _ids(self, keys: Iterable[int | str]) -> npt.NDArray[np.int32]:
        lexemes = self._lexemes.current
        texts = [key if isinstance(key, str) else lexemes.text_of_id(key) or "" for key in keys]
        return lexemes.add_keys(texts)
