# SPDX-License-Identifier: Apache-2.0
"""The lexeme table: every distinct token text once, with the ids of its features as growing arrays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .base_norms import BASE_NORMS
from .flags import FLAGS, Flag, flags_of
from .lexeme_features import shape_of, write_features
from .strings import code_points, string_ids

UInt64Array = npt.NDArray[np.uint64]

ATTRIBUTES = ("ORTH", "NORM", "PREFIX", "SUFFIX", "SHAPE", "LOWER", "LENGTH")
"""Names that `LexemeTable.attribute` knows."""

LexemeKey = str | tuple[str, str]
"""A text, or a text and the norm that a tokenizer exception gave it."""

HasVector = Callable[["LexemeTable", npt.NDArray[Any]], npt.NDArray[np.bool_]]
"""Which lexemes of a table have a static vector."""

OOV_RANK = 2**64 - 1
"""Rank of a word that is in no list."""

_FIRST_CAPACITY = 1024


class TableLine:
    """What a table and those that take its place have in common: which one is in use, the vocabulary that
    people see, the flags that they set of single texts, and the static vectors, if there are any.

    `vectors_read`: whether something was computed from them that has to be computed anew where they change.
    """

    __slots__ = ("current", "flags", "vectors", "vectors_read", "vocab")

    def __init__(self, current: LexemeTable) -> None:
        self.current = current
        self.flags: dict[tuple[str, str], bool] = {}
        self.vocab: Any = None
        self.vectors: Any = None
        self.vectors_read = False


class LexemeTable:
    """Append-only table of token texts; ids are row numbers and never change their meaning.

    The key is the text together with the norm that a tokenizer exception gave it, if any. Adding is guarded
    by one lock; reading takes none, for a row is complete before its id is handed out. Its owner bounds its
    size.
    """

    def __init__(
        self,
        norms: Mapping[str, str] | None = None,
        norms_by_id: Mapping[int, str] | None = None,
        lang: str = "",
        has_vector: HasVector | None = None,
        flags: Mapping[str, Flag] | None = None,
    ) -> None:
        self.lang = lang
        self.has_vector = has_vector
        self._flag_of = {**flags_of(lang), **(flags or {})}
        self._norms_of = {**BASE_NORMS, **(norms or {})}
        self._norms_by_id = dict(norms_by_id or {})
        self._lock = threading.Lock()
        self._ids: dict[LexemeKey, int] = {}
        self._keys: list[LexemeKey] = []
        self._texts: list[str] = []
        self._norms: list[str] = []
        self._columns = {name: np.zeros(_FIRST_CAPACITY, dtype=np.uint64) for name in ATTRIBUTES}
        self._is_space = np.zeros(_FIRST_CAPACITY, dtype=np.bool_)
        self._flags: dict[str, npt.NDArray[np.bool_]] = {}
        self._size = 0
        self._texts_by_id: dict[int, str] = {}
        self._known_texts: set[str] = set()
        self._n_indexed = 0
        self.n_chars = 0
        self.line = TableLine(self)

    def __len__(self) -> int:
        """Number of lexemes."""
        return self._size

    def add(self, text: str, norm: str | None = None) -> int:
        """Id of the text (with the norm of a tokenizer exception, if one is given), a new one where it is
        unknown."""
        key = text if norm is None else (text, norm)
        known = self._ids.get(key)
        return int(self.add_keys([key])[0]) if known is None else known

    def add_many(self, texts: Sequence[str], norms: Sequence[str | None] | None = None) -> list[int]:
        """Ids of many texts at once, which is far cheaper than one by one where they are new."""
        keys: Sequence[LexemeKey] = texts
        if norms is not None:
            keys = [text if norm is None else (text, norm) for text, norm in zip(texts, norms, strict=True)]
        ids: list[int] = self.add_keys(keys).tolist()
        return ids

    def add_keys(self, keys: Sequence[LexemeKey]) -> npt.NDArray[np.int32]:
        """Ids of texts, or of (text, norm) where an exception gave the norm.

        Shape: `(len(keys),)`.
        """
        ids = self._ids
        with self._lock:
            fresh = [key for key in dict.fromkeys(keys) if key not in ids]
            if fresh:
                self._append(fresh)
        return np.fromiter(map(ids.__getitem__, keys), dtype=np.int32, count=len(keys))

    def adopt(self, other: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """Ids, in this table, of lexemes of another one, added where they are unknown.

        Shape: `(n,)` -> `(n,)`.
        Raises: ValueError where the tables have other norms, so that the lexemes would not mean the same.
        """
        if self is other:
            return lexeme_ids
        if (self._norms_of, self._norms_by_id) != (other._norms_of, other._norms_by_id):
            raise ValueError(
                "expected lexeme tables with the same norms, got two different ones; tokenize the texts "
                "with one tokenizer"
            )
        keys = other._keys
        return self.add_keys([keys[i] for i in lexeme_ids.tolist()])

    def replace(self, old: LexemeTable) -> None:
        """Take the place of a full table: its vocabulary goes on with this one, and what was set of single
        texts holds here."""
        self.line = old.line
        self._norms_of = old._norms_of
        self.line.current = self

    def has_orth(self, number: int) -> bool:
        """Whether the text of a lexeme has this id."""
        return self.text_of_id(number) in self._known_texts

    def text_of_id(self, number: int) -> str | None:
        """The text that has this id, of the lexemes and of their norms, lower case, ends and shapes; None
        where none has.

        An index is made, of what came since, when somebody asks.
        """
        start, end = self._n_indexed, self._size
        if start < end:
            self._index(start, end)
        return self._texts_by_id.get(number)

    def set_flag(self, name: str, text: str, value: bool) -> None:
        """Say that a text has a flag or does not, whatever the language says. Raises: KeyError where no flag
        has that name."""
        self.flag(name)
        self.line.flags[name, text] = value
        del self._flags[name]

    def set_norm(self, lexeme_id: int, norm: str) -> None:
        """Give a lexeme another norm, and its text from now on."""
        text = self._texts[lexeme_id]
        with self._lock:
            self._norms_of[text] = norm
            self._norms[lexeme_id] = norm
            self._columns["NORM"][lexeme_id] = string_ids([norm])[0]
            self._n_indexed = 0

    def text(self, lexeme_id: int) -> str:
        """Text of a lexeme."""
        return self._texts[lexeme_id]

    def norm(self, lexeme_id: int) -> str:
        """Norm of a lexeme: the exception's, else the norm tables', else the lower-cased text."""
        return self._norms[lexeme_id]

    def texts(self, lexeme_ids: npt.NDArray[Any]) -> list[str]:
        """Texts of many lexemes."""
        texts = self._texts
        return [texts[i] for i in lexeme_ids.tolist()]

    def norms(self, lexeme_ids: npt.NDArray[Any]) -> list[str]:
        """Norms of many lexemes."""
        norms = self._norms
        return [norms[i] for i in lexeme_ids.tolist()]

    def attribute(self, name: str) -> UInt64Array:
        """Feature ids of all lexemes so far; a view stays as it is when the table grows.

        Shape: `(len(self),)`.
        Raises: KeyError where no attribute has that name.
        """
        if name in FLAGS:
            return self.flag(name).astype(np.uint64)
        if name not in self._columns:
            raise KeyError(
                f"expected a lexeme attribute, got {name!r}; there are {', '.join((*ATTRIBUTES, *FLAGS))}"
            )
        return self._columns[name][: self._size]

    @property
    def is_space(self) -> npt.NDArray[np.bool_]:
        """Whether the whole text is white space, for all lexemes so far."""
        return self._is_space[: self._size]

    @property
    def is_punct(self) -> npt.NDArray[np.bool_]:
        """Whether the whole text is punctuation, for all lexemes so far."""
        return self.flag("IS_PUNCT")

    def flag(self, name: str) -> npt.NDArray[np.bool_]:
        """One of `FLAGS` for all lexemes so far, as the language has it; each text is looked at once.

        Shape: `(len(self),)`.
        Raises: KeyError where no flag has that name.
        """
        if name not in self._flag_of:
            raise KeyError(
                f"expected a yes-or-no attribute of lexemes, got {name!r}; there are {', '.join(FLAGS)}"
            )
        size = self._size
        known = self._flags.get(name)
        if known is None or len(known) < size:
            start = 0 if known is None else len(known)
            new = np.fromiter(
                map(self._flag_of[name], self._texts[start:size]), dtype=np.bool_, count=size - start
            )
            known = new if known is None else np.concatenate([known, new])
            if self.line.flags:
                known = self._with_set_flags(name, known)
            self._flags[name] = known
        return known[:size]

    def is_oov(self, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Whether each of these lexemes lacks a static vector, as all do where the pipeline has none. Shape:
        `(n,)`."""
        has = self.has_vector if self.line.vectors is None else self.line.vectors.has
        if has is None or (self.line.vectors is not None and not self.line.vectors.size):
            return np.ones(len(lexeme_ids), dtype=np.bool_)
        return ~has(self, lexeme_ids)

    def ranks(self, lexeme_ids: npt.NDArray[Any]) -> UInt64Array:
        """Rows of these lexemes in the table of static vectors; `OOV_RANK` where they have none. Shape:
        `(n,)`."""
        if self.line.vectors is None:
            return np.full(len(lexeme_ids), OOV_RANK, dtype=np.uint64)
        rows: npt.NDArray[np.int64] = self.line.vectors.row_numbers(self.attribute("ORTH")[lexeme_ids])
        return rows.view(np.uint64)  # -1, for none, is the largest number

    def _with_set_flags(self, name: str, values: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        said = {text: value for (flag, text), value in self.line.flags.items() if flag == name}
        for i, text in enumerate(self._texts[: len(values)] if said else ()):
            values[i] = said.get(text, values[i])
        return values

    def _index(self, start: int, end: int) -> None:
        texts, norms = self._texts[start:end], self._norms[start:end]
        for name, values in {
            "SHAPE": [shape_of(text) for text in texts],
            "PREFIX": [text[:1] for text in texts],
            "SUFFIX": [text[-3:] for text in texts],
            "LOWER": [text.lower() for text in texts],
            "NORM": norms,
            "ORTH": texts,
        }.items():
            self._texts_by_id.update(zip(self._columns[name][start:end].tolist(), values, strict=True))
        self._known_texts.update(texts)
        self._n_indexed = end

    def _append(self, keys: list[LexemeKey]) -> None:
        """Add rows for new keys; the caller holds the lock."""
        texts = [key if isinstance(key, str) else key[0] for key in keys]
        lowers = [text.lower() for text in texts]
        start, end = self._size, self._size + len(keys)
        self._reserve(end)
        columns = self._columns
        points, offsets = code_points(texts)
        write_features(points, offsets, start, *self._feature_columns())
        norms = self._norms_for(keys, lowers, columns["ORTH"][start:end])
        lower_ids = string_ids(lowers)
        columns["LOWER"][start:end] = lower_ids
        columns["NORM"][start:end] = lower_ids if norms == lowers else string_ids(norms)
        self._keys += keys
        self._texts += texts
        self._norms += norms
        self.n_chars += len(points)
        self._size = end
        self._ids.update(zip(keys, range(start, end), strict=True))

    def _norms_for(self, keys: list[LexemeKey], lowers: list[str], orths: UInt64Array) -> list[str]:
        norm_of = self._norms_of.get
        norms = [norm_of(k, low) if isinstance(k, str) else k[1] for k, low in zip(keys, lowers, strict=True)]
        if self._norms_by_id:
            by_id = self._norms_by_id.get
            triples = zip(keys, norms, orths.tolist(), strict=True)
            norms = [by_id(orth, norm) if isinstance(key, str) else norm for key, norm, orth in triples]
        return norms

    def _feature_columns(self) -> tuple[npt.NDArray[Any], ...]:
        return (
            *(self._columns[name] for name in ("ORTH", "PREFIX", "SUFFIX", "SHAPE", "LENGTH")),
            self._is_space,
        )

    def _reserve(self, size: int) -> None:
        """Make room for `size` rows in new arrays, so that earlier views stay as they are."""
        capacity = len(self._is_space)
        if size <= capacity:
            return
        while capacity < size:
            capacity *= 2
        for name, column in list(self._columns.items()):
            self._columns[name] = _grow(column, capacity)
        self._is_space = _grow(self._is_space, capacity)


def _grow(column: npt.NDArray[Any], capacity: int) -> npt.NDArray[Any]:
    larger = np.zeros(capacity, dtype=column.dtype)
    larger[: len(column)] = column
    return larger
