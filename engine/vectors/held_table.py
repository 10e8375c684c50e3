# SPDX-License-Identifier: Apache-2.0
"""What a table of vectors holds, as it is read by layers, saved and loaded; `vectors` adds what people do
with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..vocab.lexemes import LexemeTable
from ..vocab.string_store import StringStore
from ..vocab.strings import SYMBOL_IDS, string_id
from .base_vectors import BaseVectors, on_cpu
from .floret import FloretVectors
from .key_rows import KeyRows
from .keyed import KeyedVectors, attribute_name
from .vectors_folder import Table, read_folder, table_from_bytes, table_to_bytes, write_folder

Floats = npt.NDArray[np.float32]
Key = int | str


class Mode(StrEnum):
    """How a vector is found: by the key's own row, or by hashed pieces of its text."""

    default = "default"
    floret = "floret"


class HeldTable(BaseVectors):
    """Rows and keys; arrays that were loaded stay as they are until something changes."""

    def __init__(self, strings: StringStore | None, data: Floats, name: str | None, attr: int | str) -> None:
        super().__init__(strings=StringStore() if strings is None else strings)
        self.attr_name = attribute_name(attr)
        self.name = name
        self._data = data
        self._keys = KeyRows(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64))
        self._table: Table | None = None
        self._floret: FloretVectors | None = None

    def _take(self, table: Table) -> None:
        self._table, self._data = table, table.data
        self._floret = table if isinstance(table, FloretVectors) else None
        if isinstance(table, KeyedVectors):
            self._keys = KeyRows.of_table(table)
        self.attr_name = table.attr
        self.name = table.name if table.name is not None else self.name

    # --- what it is

    @property
    def mode(self) -> str:  # type: ignore[override]
        """`default` or `floret`."""
        return Mode.default if self._floret is None else Mode.floret

    @property
    def attr(self) -> int:
        """Number of the attribute of words that keys are ids of."""
        return SYMBOL_IDS[self.attr_name]

    @property
    def data(self) -> Floats:
        """The rows. Shape: `(n_rows, width)`."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        self._data = matrix_of(data, None)
        self._changed()

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows, and of the numbers in each."""
        return int(self._data.shape[0]), int(self._data.shape[1])

    @property
    def size(self) -> int:
        """Numbers in the whole table."""
        return int(self._data.size)

    @property
    def is_full(self) -> bool:  # type: ignore[override]
        """Whether every row belongs to a key; floret vectors are always full."""
        return self._floret is not None or self._keys.n_used() >= len(self._data)

    @property
    def n_keys(self) -> int:
        """Number of keys, which may be more than there are rows; -1 in mode `floret`, where any text is
        one."""
        return len(self._keys) if self._floret is None else -1

    @n_keys.setter
    def n_keys(self, number: int) -> None:
        raise AttributeError("expected keys to be counted, got a number; add them")

    @property
    def key2row(self) -> Mapping[int, int]:
        """The row of each key, to be read; `add` changes it."""
        return self._keys.view

    minn = property(lambda self: getattr(self._floret, "minn", 0), doc="Code points of the shortest piece.")
    maxn = property(lambda self: getattr(self._floret, "maxn", 0), doc="Code points of the longest piece.")
    hash_count = property(lambda self: getattr(self._floret, "hash_count", 1), doc="Rows for each piece.")
    hash_seed = property(lambda self: getattr(self._floret, "hash_seed", 0), doc="Seed of the pieces' hash.")
    bow = property(lambda self: getattr(self._floret, "bow", "<"), doc="What is put before a text.")
    eow = property(lambda self: getattr(self._floret, "eow", ">"), doc="What is put behind a text.")

    def __reduce__(self) -> tuple[Any, ...]:
        """Its bytes."""
        return _of_bytes, (type(self), self.to_bytes())

    def __deepcopy__(self, memo: Any) -> Self:
        """One that can be changed alone; rows that are mapped are shared until then."""
        made = type(self)(strings=StringStore(self.strings))  # type: ignore[call-arg]
        table = self.table
        made._take(replace(table, data=table.data.copy()) if table.data.flags.writeable else table)
        return made

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._data)

    def __repr__(self) -> str:
        n_keys = "any text" if self.n_keys < 0 else f"{self.n_keys} keys"
        return f"Vectors({self.shape[0]} x {self.shape[1]}, {n_keys}, mode {self.mode})"

    # --- as layers read it

    @property
    def table(self) -> Table:
        """The table as it is now, as a value."""
        return self._keyed() if self._floret is None else self._floret

    def rows(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes, zeros where the table has none. Shape: `(len(lexeme_ids), width)`."""
        return self.table.rows(lexemes, lexeme_ids)

    def by_keys(self, keys: npt.NDArray[np.uint64]) -> Floats:
        """Vectors of ids, zeros where there is none. Shape: `(len(keys), width)`."""
        if self._floret is not None:
            return self._floret.by_texts([self._text(key) for key in keys.tolist()])
        return self._keyed().by_keys(keys)

    def rows_or_last(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes, the last one of the table where it has none. Shape: `(len(lexeme_ids),
        width)`."""
        return self.table.rows_or_last(lexemes, lexeme_ids)

    def has(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which lexemes have a vector. Shape: `(len(lexeme_ids),)`."""
        return self.table.has(lexemes, lexeme_ids)

    def row_numbers(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Rows of ids, -1 where there is none. Shape: `(len(keys),)`."""
        return self._keyed().row_numbers(keys) if self._floret is None else super().row_numbers(keys)

    def text_of(self, key: int) -> str | None:
        """What a key is the id of, where the table knows it."""
        return self._table.text_of(key) if isinstance(self._table, KeyedVectors) else None

    # --- saving

    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """Write it into a folder, in the files that spaCy has for it."""
        write_folder(Path(path), self.table_with_texts(), self.mode)

    def from_disk(self, path: str | Path, **kwargs: Any) -> Self:
        """Read what `to_disk`, ours or spaCy's, wrote; rows are mapped. Raises: ModelFileError."""
        return self._read(read_folder(Path(path)))

    def to_bytes(self, **kwargs: Any) -> bytes:
        """It as bytes."""
        return table_to_bytes(self.table_with_texts(), self.mode)

    def from_bytes(self, bytes_data: bytes, **kwargs: Any) -> Self:
        """Take over what `to_bytes` gave. Raises: ModelFileError."""
        return self._read(table_from_bytes(bytes_data))

    def table_with_texts(self) -> Table:
        """The table together with what its keys are ids of, as far as it is known: what is saved."""
        table = self._table
        if isinstance(table, FloretVectors) or (table is not None and (table.texts or table.source)):
            return table
        keys, rows = self._keys.arrays()
        texts = {key: text for key in keys.tolist() if (text := self._text(key))} or None
        self._table = KeyedVectors.of(self._data, keys, rows, self.attr_name, texts=texts, name=self.name)
        return self._table

    def _read(self, table: Table) -> Self:
        self._take(table)
        if self.on_change is not None:
            self.on_change()
        return self

    # --- within

    def _row(self, number: int) -> int:
        """The row of a key, -1 where it has none; a mapped table is searched, not copied."""
        if isinstance(self._table, KeyedVectors):
            return int(self._table.row_numbers(np.array([number], dtype=np.uint64))[0])
        return self._keys.map.get(number, -1)

    def _keyed(self) -> KeyedVectors:
        if not isinstance(self._table, KeyedVectors):
            keys, rows = self._keys.arrays()
            self._table = KeyedVectors.of(self._data, keys, rows, self.attr_name, name=self.name)
        return self._table

    def _write(self, row: int, vector: Any) -> None:
        if not self._data.flags.writeable:
            self._data = self._data.copy()
        self._data[row] = on_cpu(vector)
        self._changed()

    def _changed(self) -> None:
        if self._floret is None:
            if isinstance(self._table, KeyedVectors):
                self._remember_texts(self._table)
            self._table = None
        if self.on_change is not None:
            self.on_change()

    def _remember_texts(self, table: KeyedVectors) -> None:
        """Keep the texts of keys that only the table knew."""
        for text in table.texts or ():
            if text and self.strings is not None:
                self.strings.add(text)

    def _number(self, key: Key) -> int:
        return string_id(key) if isinstance(key, str) else int(key)

    def _text(self, key: Key) -> str:
        if isinstance(key, str):
            return key
        known = self.text_of(int(key))
        if known is not None or self.strings is None:
            return known or ""
        store, number = self.strings, int(key)
        return store[number] if number in store else ""  # noqa: SIM401  # a StringStore has no get

    def _key_by_row(self) -> dict[int, int]:
        """A key of each row that belongs to one: the last that was given it."""
        keys, rows = self._keys.arrays()
        return dict(zip(rows.tolist(), keys.tolist(), strict=True))


def _of_bytes(kind: type[HeldTable], data: bytes) -> HeldTable:
    return kind(strings=StringStore()).from_bytes(data)  # type: ignore[call-arg]


def matrix_of(data: Any, shape: tuple[int, int] | None) -> Floats:
    """Rows as 32-bit floats. Raises: ValueError where they are no matrix."""
    if data is None:
        return np.zeros(shape or (0, 0), dtype=np.float32)
    array = on_cpu(data)
    if array.ndim != 2:
        raise ValueError(f"expected a matrix of vectors, got an array of shape {array.shape}")
    return np.ascontiguousarray(array)
