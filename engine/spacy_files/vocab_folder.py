# SPDX-License-Identifier: Apache-2.0
"""The folder `vocab`: strings, look-up tables and vectors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import orjson

from .. import vectors as tables
from ..errors import ModelFileError
from ..safe_files import MAX_VALUES
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
        texts = self._texts() if self.folder.has(STRINGS) else []
        if not isinstance(texts, list) or not {str}.issuperset(map(type, texts)):
            raise ModelFileError(
                f"{self.folder.path / STRINGS}: expected a list of strings; fetch the file again"
            )
        return texts

    def _texts(self) -> Any:
        """The file's value: some 100,000 texts, for the fast reader; it takes no lone surrogates."""
        try:
            texts = orjson.loads(self.folder.data(STRINGS, MAX_VALUES))
        except orjson.JSONDecodeError:
            texts = None
        return texts if type(texts) is list else self.folder.json(STRINGS)

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
        if not ({int}.issuperset(map(type, table)) and {str}.issuperset(map(type, table.values()))):
            raise ModelFileError(
                f"{self.folder.path / LOOKUPS}: expected texts by string id in {LEXEME_NORM}; fetch the "
                "file again"
            )
        return table

    @cached_property
    def vectors(self) -> tables.SavedVectors | None:
        """The table of static vectors, its rows mapped; None where it is empty. Raises: ModelFileError."""
        if not self.folder.has(VECTORS):
            return None
        data = tables.read_matrix(tables.mapped(self.folder.path / VECTORS), self.folder.path / VECTORS)
        if not data.size:
            return None
        settings = self.folder.json_map(VECTORS_CFG) if self.folder.has(VECTORS_CFG) else {}
        try:
            if settings.get("mode") == "floret":
                return tables.floret_table(data, settings)
            return tables.keyed_table(data, self.folder.unpack(KEY2ROW), settings, self.texts)
        except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            file = self.folder.path / VECTORS_CFG
            raise ModelFileError(
                f"{file}: expected settings of {len(data)} vectors, got {what}; fetch the file again"
            ) from None


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
