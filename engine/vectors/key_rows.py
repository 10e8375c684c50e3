# SPDX-License-Identifier: Apache-2.0
"""Which row belongs to which key, as a map that grows: arrays for as long as nothing is added."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from .keyed import KeyedVectors, Keys

Rows = npt.NDArray[np.int64]


class KeyRows:
    """Keys in the order in which they came, each with the number of a row. Several keys may share a row."""

    def __init__(self, keys: Keys, rows: Rows) -> None:
        self._arrays: tuple[Keys, Rows] | None = (keys, rows)
        self._map: dict[int, int] | None = None
        self._used: set[int] | None = None
        self._free_from = 0

    @classmethod
    def of_table(cls, table: KeyedVectors) -> KeyRows:
        """Those of a table that is there."""
        return cls(*table.pairs())

    def __len__(self) -> int:
        """Number of keys."""
        return len(self._arrays[0] if self._arrays is not None else self.map)

    @property
    def map(self) -> dict[int, int]:
        """Keys and rows, to be changed by `give` alone."""
        if self._map is None:
            keys, rows = self.arrays()
            self._map = dict(zip(keys.tolist(), rows.tolist(), strict=True))
        return self._map

    @property
    def view(self) -> Mapping[int, int]:
        """Keys and rows, to be read."""
        return MappingProxyType(self.map)

    def arrays(self) -> tuple[Keys, Rows]:
        """Keys and rows as two arrays."""
        if self._arrays is None:
            pairs = self.map
            self._arrays = (
                np.fromiter(pairs.keys(), dtype=np.uint64, count=len(pairs)),
                np.fromiter(pairs.values(), dtype=np.int64, count=len(pairs)),
            )
        return self._arrays

    def give(self, key: int, row: int) -> None:
        """Give a key a row."""
        self.map[key] = row
        self.used.add(row)
        self._arrays = None

    @property
    def used(self) -> set[int]:
        """Rows that belong to a key."""
        if self._used is None:
            self._used = set(self.arrays()[1].tolist())
        return self._used

    def n_used(self) -> int:
        """How many rows belong to a key."""
        return len(self._used) if self._used is not None else len(np.unique(self.arrays()[1]))

    def first_free(self, n_rows: int) -> int | None:
        """The first of `n_rows` rows that belongs to no key; None where all do."""
        while self._free_from < n_rows:
            if self._free_from not in self.used:
                return self._free_from
            self._free_from += 1
        return None

    def cut(self, n_rows: int) -> list[tuple[int, int]]:
        """Drop keys whose row is `n_rows` or beyond; those dropped, with their rows."""
        keys, rows = self.arrays()
        gone = rows >= n_rows
        if not gone.any():
            return []
        dropped = list(zip(keys[gone].tolist(), rows[gone].tolist(), strict=True))
        self._arrays, self._map, self._used, self._free_from = (keys[~gone], rows[~gone]), None, None, 0
        return dropped
