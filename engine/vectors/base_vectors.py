# SPDX-License-Identifier: Apache-2.0
"""What people inherit from to give words vectors in a way of their own, such as from pieces of words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from ..vocab.lexemes import LexemeTable
from ..vocab.string_store import StringStore

Floats = npt.NDArray[np.float32]


class BaseVectors:
    """A table of vectors by key: a text, or its id. A class of one's own needs `__contains__`, `get_batch`,
    `shape` and `__len__`, mostly; layers and documents read any such table.
    """

    name: str | None = None
    mode: str = "custom"
    attr: Any = "ORTH"
    strings: StringStore | None = None
    on_change: Callable[[], None] | None = None
    """Called after what the table holds has changed; a vocabulary sets it."""

    def __init__(self, *, strings: StringStore | None = None) -> None:
        self.strings = strings

    def __getitem__(self, key: int | str) -> Any:
        """The vector of a key."""
        return self.get_batch([key])[0]

    def __contains__(self, key: int | str) -> bool:
        """Whether a key has a vector."""
        raise self._not_here("__contains__")

    def __len__(self) -> int:
        """Number of vectors."""
        return int(self.shape[0])

    def is_full(self) -> bool:
        """Whether there is no room for another vector."""
        raise self._not_here("is_full")

    def add(self, key: int | str, *, vector: Any = None, row: int | None = None) -> int:
        """Add a key; the number of its row, -1 where nothing can be added."""
        raise self._not_here("add")

    def get_batch(self, keys: Iterable[int | str]) -> Any:
        """Vectors of keys. Shape: `(n_keys, width)`."""
        raise self._not_here("get_batch")

    @property
    def shape(self) -> tuple[int, int]:
        """Number of vectors, and of the numbers in each."""
        raise self._not_here("shape")

    @property
    def vectors_length(self) -> int:
        """Numbers per vector."""
        return int(self.shape[1])

    @property
    def size(self) -> int:
        """Numbers in the whole table."""
        return int(self.shape[0] * self.shape[1])

    @property
    def n_keys(self) -> int:
        """Number of keys, -1 where any text is one."""
        return getattr(self, "_n_keys", -1)

    @n_keys.setter
    def n_keys(self, number: int) -> None:
        self._n_keys = number

    def to_ops(self, ops: Any) -> None:
        """Move what it holds to where `ops` compute; here there is nothing to move."""

    def to_bytes(self, **kwargs: Any) -> bytes:
        """What is to be saved of it with a pipeline: nothing here, for `[nlp.vectors]` makes it again."""
        return b""

    def from_bytes(self, bytes_data: bytes, **kwargs: Any) -> Self:
        """Take over what `to_bytes` gave."""
        return self

    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """Write what is to be saved of it into a folder: nothing here."""

    def from_disk(self, path: str | Path, **kwargs: Any) -> Self:
        """Read what `to_disk` wrote."""
        return self

    # --- as layers read it

    @property
    def width(self) -> int:
        """Numbers per vector."""
        return self.vectors_length

    def rows(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes. Shape: `(len(lexeme_ids), width)`."""
        return self.by_keys(lexemes.attribute("ORTH")[lexeme_ids])

    def by_keys(self, keys: npt.NDArray[np.uint64]) -> Floats:
        """Vectors of ids of texts, each asked for once; zeros where there is none. Shape: `(len(keys),
        width)`."""
        different, which = np.unique(keys, return_inverse=True)
        out = np.zeros((len(different), self.width), dtype=np.float32)
        there = [i for i, key in enumerate(different.tolist()) if key in self]
        if there:
            out[there] = on_cpu(self.get_batch([int(different[i]) for i in there]))
        return out[which]

    def rows_or_last(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Raises: EngineError, for older layers read the last vector of a table of words for unknown ones."""
        raise EngineError(
            "expected a table of words for layers that read the last vector for unknown words, got "
            f"{type(self).__name__}; take spacy.StaticVectors.v2 and spacy.MultiHashEmbed.v2"
        )

    def has(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which lexemes have a vector. Shape: `(len(lexeme_ids),)`."""
        keys, which = np.unique(lexemes.attribute("ORTH")[lexeme_ids], return_inverse=True)
        there: npt.NDArray[np.bool_] = np.array([key in self for key in keys.tolist()], dtype=np.bool_)[which]
        return there

    def row_numbers(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Rows of keys; such a table has none."""
        return np.full(len(keys), -1, dtype=np.int64)

    def text_of(self, key: int) -> str | None:
        """What a key is the id of, where the table itself knows it."""
        return None

    def _not_here(self, name: str) -> NotImplementedError:
        return NotImplementedError(f"expected {type(self).__name__} to have its own {name}; write it")


def on_cpu(vectors: Any) -> Floats:
    """Vectors as 32-bit floats of this machine's memory."""
    array: Floats = np.asarray(vectors.get() if hasattr(vectors, "get") else vectors, dtype=np.float32)
    return array
