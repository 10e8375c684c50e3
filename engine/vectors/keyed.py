# SPDX-License-Identifier: Apache-2.0
"""Static vectors: one read-only row per known word."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..doc.batch import Batch
from ..errors import EngineError
from ..layers import VectorTable
from ..vocab.lexemes import LexemeTable
from ..vocab.strings import SYMBOL_IDS, SYMBOLS
from .floret import FloretVectors

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

    def rows(self, batch: Batch) -> Floats:
        """Vectors of every token, zeros where the table has none. Shape: `(n_tokens, width)`."""
        return self.rows_of(batch.lexemes, batch.lexeme_ids)

    def rows_or_last(self, batch: Batch) -> Floats:
        """Vectors of every token by its text, the last one of the table where it has none. Shape: `(n_tokens,
        width)`."""
        ids = batch.lexemes.attribute("ORTH")[batch.lexeme_ids]
        if not len(self.keys):
            return np.broadcast_to(self.data[-1], (len(ids), self.width)).copy()
        places = np.minimum(np.searchsorted(self.keys, ids), len(self.keys) - 1)
        rows: Floats = self.data[np.where(self.keys[places] == ids, self.row_of[places], -1)]
        return rows

    def rows_of(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes. Shape: `(len(lexeme_ids), width)`."""
        out = np.zeros((len(lexeme_ids), self.width), dtype=np.float32)
        places, known = self._places(lexemes, lexeme_ids)
        out[known] = self.data[self.row_of[places[known]]]
        return out

    def has(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which lexemes have a row. Shape: `(len(lexeme_ids),)`."""
        return self._places(lexemes, lexeme_ids)[1]

    def _places(
        self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        ids = lexemes.attribute(self.attr)[lexeme_ids]
        if not len(self.keys):
            return np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.keys, ids), len(self.keys) - 1)
        return places, self.keys[places] == ids


Vectors = KeyedVectors | FloretVectors


def attribute_name(value: str | int) -> str:
    """Name of the attribute that a table is keyed by, from its name or number. Raises: ValueError."""
    number = SYMBOL_IDS.get(value.upper()) if isinstance(value, str) else value
    name = SYMBOLS[number] if number is not None and 0 <= number < len(SYMBOLS) else None
    if name not in ATTRIBUTES:
        raise ValueError(f"expected vectors by one of {', '.join(ATTRIBUTES)}, got {value!r}")
    return name


def vectors_to_bytes(table: VectorTable) -> bytes:
    """The table as a safetensors file; `vectors_from_bytes` gives an equal one back.

    Raises: EngineError where the table is of a kind of its own.
    """
    if isinstance(table, KeyedVectors):
        arrays: dict[str, npt.NDArray[Any]] = {
            "data": table.data,
            "keys": table.keys.view(np.int64),
            "rows": table.row_of,
        }
        return save_tensors(arrays, {"settings": json.dumps({"mode": "keyed", "attr": table.attr})})
    if isinstance(table, FloretVectors):
        return save_tensors(
            {"data": table.data}, {"settings": json.dumps({"mode": "floret", **table.settings})}
        )
    raise EngineError(
        f"expected keyed or floret vectors to save, got {type(table).__name__}; save its pipeline "
        "without them"
    )


def vectors_from_bytes(data: bytes) -> Vectors:
    """The table that `vectors_to_bytes` wrote. Raises: EngineError where it is none."""
    arrays = load_tensors(data)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    settings = json.loads(header["__metadata__"]["settings"])
    mode = settings.pop("mode")
    if mode == "keyed":
        return KeyedVectors(arrays["data"], arrays["keys"].view(np.uint64), arrays["rows"], settings["attr"])
    if mode != "floret":
        raise EngineError(f"expected keyed or floret vectors, got {mode!r}; they need a newer Freshet")
    return FloretVectors(arrays["data"], **settings)
