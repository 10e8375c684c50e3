# SPDX-License-Identifier: Apache-2.0
"""The folder `vocab`: strings, look-up tables and vectors."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ModelFileError
from ..vectors import FloretVectors, KeyedVectors, Vectors, attribute_name
from ..vocab.strings import SYMBOLS, string_ids
from .folder import Folder

STRINGS, LOOKUPS, VECTORS, KEY2ROW, VECTORS_CFG = (
    "strings.json",
    "lookups.bin",
    "vectors",
    "key2row",
    "vectors.cfg",
)
LEXEME_NORM = "lexeme_norm"

Table = dict[Any, Any]


class Vocab:
    """What all components of a saved pipeline share."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    @cached_property
    def texts(self) -> list[str]:
        """All strings that the pipeline was saved with. Raises: ModelFileError."""
        texts = self.folder.json(STRINGS) if self.folder.has(STRINGS) else []
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ModelFileError(
                f"{self.folder.path / STRINGS}: expected a list of strings; fetch the file again"
            )
        return texts

    @cached_property
    def strings(self) -> Mapping[int, str]:
        """Text of every known string id, symbols included; made when first asked for. Raises:
        ModelFileError."""
        return {
            **dict(zip(string_ids(self.texts).tolist(), self.texts, strict=True)),
            **dict(enumerate(SYMBOLS)),
        }

    def check(self) -> None:
        """Read all files but the vectors, so that a damaged one is found now. Raises: ModelFileError."""
        _ = self.texts, self.lookups

    @cached_property
    def lookups(self) -> Mapping[str, Table]:
        """Look-up tables by name, their keys mostly string ids. Raises: ModelFileError."""
        return read_lookups(self.folder, LOOKUPS) if self.folder.has(LOOKUPS) else {}

    @property
    def norms(self) -> Mapping[int, str]:
        """Norms of exact texts, by string id. Raises: ModelFileError."""
        table = self.lookups.get(LEXEME_NORM, {})
        if not all(type(key) is int and isinstance(norm, str) for key, norm in table.items()):
            raise ModelFileError(
                f"{self.folder.path / LOOKUPS}: expected texts by string id in {LEXEME_NORM}; fetch the "
                "file again"
            )
        return table

    @cached_property
    def vectors(self) -> Vectors | None:
        """The table of static vectors, None where it is empty. Raises: ModelFileError."""
        if not self.folder.has(VECTORS):
            return None
        data = read_matrix(self.folder.data(VECTORS), self.folder.path / VECTORS)
        if not data.size:
            return None
        settings = self.folder.json_map(VECTORS_CFG) if self.folder.has(VECTORS_CFG) else {}
        try:
            return (
                self._floret_vectors(data, settings)
                if settings.get("mode") == "floret"
                else self._keyed_vectors(data, settings)
            )
        except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            file = self.folder.path / VECTORS_CFG
            raise ModelFileError(
                f"{file}: expected settings of {len(data)} vectors, got {what}; fetch the file again"
            ) from None

    def _floret_vectors(self, data: npt.NDArray[np.float32], settings: Mapping[str, Any]) -> FloretVectors:
        return FloretVectors(
            data,
            minn=int(settings["minn"]),
            maxn=int(settings["maxn"]),
            hash_count=int(settings["hash_count"]),
            hash_seed=int(settings["hash_seed"]),
            bow=str(settings["bow"]),
            eow=str(settings["eow"]),
            attr=attribute_name(settings.get("attr", "ORTH")),
        )

    def _keyed_vectors(self, data: npt.NDArray[np.float32], settings: Mapping[str, Any]) -> KeyedVectors:
        table = self.folder.unpack(KEY2ROW)
        keys = np.fromiter(table.keys(), dtype=np.uint64, count=len(table))
        rows = np.fromiter(table.values(), dtype=np.int64, count=len(table))
        return KeyedVectors.of(data, keys, rows, attribute_name(settings.get("attr", "ORTH")))


def read_lookups(folder: Folder, name: str) -> Mapping[str, Table]:
    """A file of look-up tables. Raises: ModelFileError, which names it."""
    tables = folder.unpack(name)
    if not isinstance(tables, dict) or not all(
        isinstance(key, str) and isinstance(table, dict) for key, table in tables.items()
    ):
        raise ModelFileError(
            f"{folder.path / name}: expected look-up tables by name, got something else; fetch the file again"
        )
    return tables


def read_matrix(data: bytes, file: Path) -> npt.NDArray[np.float32]:
    """The matrix of a NumPy file; its header must promise exactly the numbers that are there.

    Raises: ModelFileError, which names the file.
    """
    try:
        stream = io.BytesIO(data)
        version = np.lib.format.read_magic(stream)
        reader = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = reader(stream)
        body = memoryview(data)[stream.tell() :]
        if (
            len(shape) != 2
            or fortran
            or dtype not in ("<f4", "<f2")
            or shape[0] * shape[1] * dtype.itemsize != len(body)
        ):
            raise ValueError(f"{len(body)} bytes for shape {shape} of {dtype}")
        return np.ascontiguousarray(np.frombuffer(body, dtype=dtype).reshape(shape), dtype=np.float32)
    except (
        ValueError,
        TypeError,
        LookupError,
        SyntaxError,
        tokenize.TokenError,
        OverflowError,
        RecursionError,
        MemoryError,
    ) as error:
        what = f"{type(error).__name__}: {str(error).partition('<')[0]}"
        raise ModelFileError(
            f"{file}: expected a NumPy matrix of 32-bit floats, got {what}; fetch the file again"
        ) from None
