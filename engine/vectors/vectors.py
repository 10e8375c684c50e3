# SPDX-License-Identifier: Apache-2.0
"""Vectors of words as people see, change and save them: `nlp.vocab.vectors`."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from ..vocab.string_store import StringStore
from .floret import FloretVectors
from .held_table import Floats, HeldTable, Key, Mode, matrix_of
from .key_rows import KeyRows
from .pruning import deduplicate, prune
from .similar import nearest
from .vectors_folder import Table


class Vectors(HeldTable):
    """Vectors by key, which is a text or its id. Several keys may share a row; in mode `floret` every text
    has a vector, the mean of rows for its pieces, and nothing can be added.

    A table that was loaded is mapped and read as far as words are looked up; the first change copies it.

    >>> vectors = Vectors(shape=(2, 3))
    >>> vectors.add("rain", vector=[1, 0, 2])
    0
    >>> vectors["rain"].tolist(), "snow" in vectors
    ([1.0, 0.0, 2.0], False)
    """

    def __init__(
        self,
        *,
        strings: StringStore | None = None,
        shape: tuple[int, int] | None = None,
        data: Any = None,
        keys: Iterable[Key] | None = None,
        name: str | None = None,
        mode: str = Mode.default,
        minn: int = 0,
        maxn: int = 0,
        hash_count: int = 1,
        hash_seed: int = 0,
        bow: str = "<",
        eow: str = ">",
        attr: int | str = "ORTH",
    ) -> None:
        if mode not in tuple(Mode):
            raise ValueError(f"expected a mode of vectors among {', '.join(Mode)}, got {mode!r}")
        super().__init__(strings, matrix_of(data, shape), name, attr)
        if mode == Mode.floret:
            if data is None:
                raise ValueError("expected the whole table as data for floret vectors, got none")
            self._take(
                FloretVectors(self._data, minn, maxn, hash_count, hash_seed, bow, eow, self.attr_name, name)
            )
        for row, key in enumerate(keys or ()):
            self.add(key, row=row)

    @classmethod
    def of_table(cls, table: Table, strings: StringStore | None = None) -> Vectors:
        """The vectors of a table that was loaded, which is not copied."""
        made = Vectors(strings=strings)
        made._take(table)
        return made

    # --- reading

    def __contains__(self, key: Key) -> bool:
        """Whether a key has a vector."""
        return self._floret is not None or self._row(self._number(key)) >= 0

    def __getitem__(self, key: Key) -> Floats:
        """The vector of a key. Raises: KeyError where it has none."""
        if self._floret is not None:
            (made,) = self.get_batch([key])
            return made  # type: ignore[no-any-return]  # a row of a matrix
        row = self._row(self._number(key))
        if row < 0:
            raise KeyError(f"expected a key that has a vector, got {key!r}; `in` asks whether one has")
        vector: Floats = self._data[row]
        return vector

    def __iter__(self) -> Iterator[int]:
        """All keys, as ids."""
        return iter(self._keys.arrays()[0].tolist())

    def keys(self) -> Iterator[int]:
        """All keys, as ids."""
        return iter(self)

    def values(self) -> Iterator[Floats]:
        """All vectors that belong to a key; in mode `floret` all rows."""
        rows = range(len(self)) if self._floret is not None else sorted(self._keys.used)
        return (self._data[row] for row in rows)

    def items(self) -> Iterator[tuple[int, Floats]]:
        """All keys, as ids, with their vectors."""
        keys, rows = self._keys.arrays()
        return ((key, self._data[row]) for key, row in zip(keys.tolist(), rows.tolist(), strict=True))

    def pairs(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """All keys, as ids, and their rows."""
        return self._keys.arrays()

    def get_batch(self, keys: Iterable[Key]) -> Floats:
        """Vectors of keys, zeros where there is none. Shape: `(n_keys, width)`."""
        if self._floret is not None:
            return self._floret.by_texts([self._text(key) for key in keys])
        return self.by_keys(np.array([self._number(key) for key in keys], dtype=np.uint64))

    @overload
    def find(self, *, key: Key) -> int: ...
    @overload
    def find(self, *, keys: Iterable[Key]) -> npt.NDArray[np.int64]: ...
    @overload
    def find(self, *, row: int) -> int: ...
    @overload
    def find(self, *, rows: Iterable[int]) -> npt.NDArray[np.uint64]: ...
    def find(self, *, key: Any = None, keys: Any = None, row: Any = None, rows: Any = None) -> Any:
        """The row of a key, or the rows of keys, -1 where there is none; or a key of a row, or of rows.

        Raises: ValueError in mode `floret`, and unless exactly one is given; KeyError where a row belongs to
        no key.
        """
        self._refuse_floret("be searched; take vectors[key]")
        given = {"key": key, "keys": keys, "row": row, "rows": rows}
        if sum(value is not None for value in given.values()) != 1:
            raise ValueError(f"expected exactly one of key, keys, row and rows, got {given}")
        if key is not None:
            return self._row(self._number(key))
        if keys is not None:
            numbers = np.array([self._number(each) for each in keys], dtype=np.uint64)
            return self._keyed().row_numbers(numbers)
        key_by_row = self._key_by_row()
        if row is not None:
            return key_by_row[int(row)]
        return np.array([key_by_row[int(each)] for each in rows], dtype=np.uint64)

    def most_similar(
        self, queries: Any, *, batch_size: int = 1024, n: int = 1, sort: bool = True
    ) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32], Floats]:
        """Keys, rows and cosines of the `n` rows nearest to each query, among those that belong to a key;
        always the nearest first.

        Shape: queries `(n_queries, width)` -> `(n_queries, n)` three times.
        Raises: ValueError in mode `floret`, and where there are fewer rows than `n`.
        """
        self._refuse_floret("be compared as a whole")
        wanted = np.asarray(queries, dtype=np.float32)
        if wanted.ndim != 2 or wanted.shape[1] != self.shape[1]:
            raise ValueError(f"expected queries of shape (n, {self.shape[1]}), got {wanted.shape}")
        used = np.unique(self._keys.arrays()[1])
        if len(used) < n:
            raise ValueError(f"expected n up to {len(used)}, the rows that belong to a key, got {n}")
        rows, cosines = nearest(self._data, used, wanted, n, max(1, batch_size))
        key_by_row = self._key_by_row()
        keys = np.array([[key_by_row[row] for row in each] for each in rows.tolist()], dtype=np.uint64)
        scores = np.clip(np.around(cosines, 4), -1, 1).astype(np.float32)
        return keys.reshape(rows.shape), rows.astype(np.int32), scores

    # --- changing

    def __setitem__(self, key: Key, vector: Any) -> None:
        """Give a key that has a row another vector. Raises: KeyError where it has none."""
        if self._floret is not None:
            self._warn_of_floret("set a vector")
            return
        row = self._row(self._number(key))
        if row < 0:
            raise KeyError(f"expected a key that has a row, got {key!r}; `add` gives it one")
        self._write(row, vector)

    def add(self, key: Key, *, vector: Any = None, row: int | None = None) -> int:
        """Give a key a row, and the row a vector, if one is given; the number of the row. Without `row` it is
        the one that the key has, else the first that belongs to none.

        Raises: ValueError where the row is beyond the table, or no row is left (`is_full`); `resize` makes
        room.
        """
        if self._floret is not None:
            self._warn_of_floret("add a key")
            return -1
        number = self._number(key)
        place = self._keys.map.get(number) if row is None else int(row)
        if place is None:
            place = self._keys.first_free(len(self._data))
        if place is None or not 0 <= place < len(self._data):
            what = "the table is full" if place is None else f"got row {place}"
            raise ValueError(
                f"expected a row within a table of shape {self.shape} for {key!r}, {what}; `resize` makes "
                "room"
            )
        if isinstance(key, str) and self.strings is not None:
            self.strings.add(key)
        if vector is not None:
            self._write(place, vector)
        self._keys.give(number, place)
        self._changed()
        return place

    def resize(self, shape: tuple[int, int], inplace: bool = False) -> list[tuple[int, int]] | int:
        """Give the table another shape; new numbers are zero. Keys whose row is gone are dropped and given
        back, with their rows.

        In mode `floret` nothing changes: -1.
        """
        if self._floret is not None:
            self._warn_of_floret("resize the table")
            return -1
        resized = np.zeros(shape, dtype=np.float32)
        n_rows, width = min(shape[0], len(self._data)), min(shape[1], self._data.shape[1])
        resized[:n_rows, :width] = self._data[:n_rows, :width]
        self._data = resized
        dropped = self._keys.cut(shape[0])
        self._changed()
        return dropped

    def clear(self) -> None:
        """Drop all keys; the shape stays. Raises: ValueError in mode `floret`."""
        self._refuse_floret("be cleared")
        self._keys = KeyRows(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64))
        self._changed()

    def prune(
        self, n_rows: int, probs: Mapping[int, float], oov_prob: float, batch_size: int
    ) -> dict[int, tuple[int, float]]:
        """Keep the rows of the `n_rows` most probable keys (equal ones by row), and give every other key the
        nearest of them: by key, the key whose row it has now, and the cosine of the two.

        Raises: ValueError in mode `floret`, and where fewer than one row is to be kept.
        """
        self._refuse_floret("be pruned")
        if n_rows < 1:
            raise ValueError(f"expected at least one row to keep, got {n_rows}")
        kept = prune(self._data, *self.pairs(), n_rows, probs, oov_prob, batch_size)
        self.replace(kept.data, kept.keys, kept.rows)
        return kept.given

    def deduplicate(self) -> None:
        """Let keys with equal vectors share a row, and drop rows that belong to none. Raises: ValueError in
        mode `floret`."""
        self._refuse_floret("have equal words")
        self.replace(*deduplicate(self._data, *self.pairs()))

    def replace(self, data: Floats, keys: npt.NDArray[np.uint64], rows: npt.NDArray[np.int64]) -> None:
        """Put another table in place of this one."""
        self._data, self._keys = data, KeyRows(keys, rows)
        self._changed()

    def to_ops(self, ops: Any) -> None:
        """Nothing: the table stays in this machine's memory, and layers copy the rows that they need."""

    def _refuse_floret(self, what: str) -> None:
        if self._floret is not None:
            raise ValueError(f"expected a table of words, got floret vectors, which cannot {what}")

    def _warn_of_floret(self, what: str) -> None:
        warnings.warn(f"cannot {what} of floret vectors, which are made of pieces of words", stacklevel=3)
