# SPDX-License-Identifier: Apache-2.0
"""What layers need of static vectors, whatever kind of table holds them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..vocab.lexemes import LexemeTable


class VectorTable(Protocol):
    """A read-only table of vectors by lexeme."""

    @property
    def width(self) -> int:
        """Numbers per vector."""
        ...

    def rows(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Vectors of lexemes, zeros where the table has none. Shape: `(len(lexeme_ids), width)`."""
        ...

    def rows_or_last(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Vectors of lexemes, the last one of the table where it has none. Shape: `(len(lexeme_ids),
        width)`."""
        ...

    def has(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which lexemes have a vector. Shape: `(len(lexeme_ids),)`."""
        ...
