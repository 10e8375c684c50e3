# SPDX-License-Identifier: Apache-2.0
"""The lexeme table: every distinct token text once, with the ids of its features as growing arrays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit
from .flags import FLAGS, flags_of
from .strings import bytes_id, code_points, string_ids, symbol_slots, utf8_into

UInt64Array = npt.NDArray[np.uint64]

ATTRIBUTES = ("ORTH", "NORM", "PREFIX", "SUFFIX", "SHAPE", "LOWER", "LENGTH")
"""Names that `LexemeTable.attribute` knows."""

LexemeKey = str | tuple[str, str]
"""A text, or a text and the norm that a tokenizer exception gave it."""

HasVector = Callable[["LexemeTable", npt.NDArray[Any]], npt.NDArray[np.bool_]]
"""Which lexemes of a table have a static vector."""

LONG_WORD = 100
"""Texts of this many code points or more have the shape "LONG"."""

_ALPHA, _UPPER, _DIGIT, _SPACE = 1, 2, 4, 8
_FIRST_CAPACITY = 1024
_POINTS_AT_A_TIME = 1 << 14
_KINDS = (
    (np.strings.isalpha, _ALPHA),
    (np.strings.isupper, _UPPER),
    (np.strings.isdigit, _DIGIT),
    (np.strings.isspace, _SPACE),
)


def _base_norms() -> dict[str, str]:
    """Norms that hold in every language: quotes, full-width marks, dashes and currencies fold to their ASCII
    look."""
    groups = {
        "'s": ["'s", "'S", "\u2019s", "\u2019S"],
        "'": ["\u2019", "\u2018", "\u00b4", "`"],
        '"': [
            "\u201d",
            "\u201c",
            "''",
            "``",
            "\u00b4\u00b4",
            "\u201e",
            "\u00bb",
            "\u00ab",
            "\u2018\u2018",
            "\u2019\u2019",
        ],
        "?": ["\uff1f"],
        "!": ["\uff01"],
        ",": ["\uff0c"],
        ";": ["\uff1b"],
        ":": ["\uff1a"],
        ".": ["\u3002", "\u0964"],
        "...": ["\u2026"],
        "-": ["\u2014", "\u2013", "--", "---", "\u2014\u2014"],
        "$": [
            *"\u20ac\u00a3\u00a5\u0e3f\u20ba\u20b9\u09f3\u20a9\u20a3",
            "US$",
            "C$",
            "A$",
            "Mex$",
            "E\u00a3",
        ],
    }
    return {text: norm for norm, texts in groups.items() for text in texts}


BASE_NORMS: Mapping[str, str] = _base_norms()
"""Exact text to norm, for texts that no norm table of the language names; all else is lower-cased."""


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
    ) -> None:
        self.lang = lang
        self.has_vector = has_vector
        self._flag_of = flags_of(lang)
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
        self.n_chars = 0

    def __len__(self) -> int:
        """Number of lexemes."""
        return self._size

    def add(self, text: str, norm: str | None = None) -> int:
        """Id of the text (with the norm of a tokenizer exception, if one is given), a new one where it is
        unknown."""
        key = text if norm is None else (text, norm)
        found = self._ids.get(key)
        return int(self.add_keys([key])[0]) if found is None else found

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
            known = self._flags[name] = new if known is None else np.concatenate([known, new])
        return known[:size]

    def is_oov(self, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Whether each of these lexemes lacks a static vector, as all do where the pipeline has none. Shape:
        `(n,)`."""
        if self.has_vector is None:
            return np.ones(len(lexeme_ids), dtype=np.bool_)
        return ~self.has_vector(self, lexeme_ids)

    def _append(self, keys: list[LexemeKey]) -> None:
        """Add rows for new keys; the caller holds the lock."""
        texts = [key if isinstance(key, str) else key[0] for key in keys]
        lowers = [text.lower() for text in texts]
        start, end = self._size, self._size + len(keys)
        self._reserve(end)
        columns = self._columns
        points, offsets = code_points(texts)
        _fill(points, offsets, _point_flags.of(points), *symbol_slots(), start, *self._filled_columns())
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

    def _filled_columns(self) -> tuple[npt.NDArray[Any], ...]:
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


def shape_of(text: str) -> str:
    """Shape of a text: X, x and d for upper, other letters and digits, all else as it is; runs are cut to
    four."""
    if len(text) >= LONG_WORD:
        return "LONG"
    out: list[str] = []
    for char in text:
        mark = ("X" if char.isupper() else "x") if char.isalpha() else "d" if char.isdigit() else char
        if out[-4:] != [mark] * 4:
            out.append(mark)
    return "".join(out)


class CodePointFlags:
    """What every Unicode code point is: bits for letter, upper case, digit and white space.

    Found out only as far as texts have come: all 1.1 million take 30 ms, the first 16,384 do for most texts.
    Thread-safe: who finds the same out at the same time writes the same.
    """

    def __init__(self) -> None:
        self._flags = np.zeros(0x110000, dtype=np.uint8)
        self._n_known = 0

    def of(self, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
        """Flags by code point, true for all up to the highest of these.

        Shape: `(n,)` -> `(0x110000,)`.
        """
        wanted = int(points.max(initial=0)) + 1
        for start in range(self._n_known, wanted, _POINTS_AT_A_TIME):
            self._find_out(start)
            self._n_known = start + _POINTS_AT_A_TIME
        return self._flags

    def _find_out(self, start: int) -> None:
        end = min(start + _POINTS_AT_A_TIME, len(self._flags))
        points = np.arange(start, end, dtype=np.uint32).view("U1")
        bits = [test(points).astype(np.uint8) * np.uint8(bit) for test, bit in _KINDS]
        self._flags[start:end] = np.bitwise_or.reduce(
            bits
        )  # in one step: two threads that add bits in place would lose some


_point_flags = CodePointFlags()


def _grow(column: npt.NDArray[Any], capacity: int) -> npt.NDArray[Any]:
    larger = np.zeros(capacity, dtype=column.dtype)
    larger[: len(column)] = column
    return larger


@jit
def _span_id(
    points: Any, start: int, end: int, scratch: Any, slot_hashes: Any, slot_numbers: Any
) -> Any:  # pragma: no cover - compiled
    at = 0
    for p in range(start, end):
        at = utf8_into(np.int64(points[p]), scratch, at)
    return bytes_id(scratch, at, slot_hashes, slot_numbers)


@jit
def _shape_into(
    points: Any, start: int, end: int, flags: Any, scratch: Any
) -> int:  # pragma: no cover - compiled
    at = 0
    last = np.int64(-1)
    run = 0
    for p in range(start, end):
        point = np.int64(points[p])
        kind = flags[point]
        mark = point
        if kind & 1:
            mark = np.int64(88) if kind & 2 else np.int64(120)
        elif kind & 4:
            mark = np.int64(100)
        run = run + 1 if mark == last else 1
        last = mark
        if run <= 4:
            at = utf8_into(mark, scratch, at)
    return at


@jit
def _fill(
    points: Any, offsets: Any, flags: Any, slot_hashes: Any, slot_numbers: Any, first: int,
    orth: Any, prefix: Any, suffix: Any, shape: Any, length: Any, is_space: Any,
) -> None:  # pragma: no cover - compiled  # fmt: skip
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    scratch = np.empty(4 * longest + 8, dtype=np.uint8)
    for i in range(len(offsets) - 1):
        start, end, row = offsets[i], offsets[i + 1], first + i
        orth[row] = _span_id(points, start, end, scratch, slot_hashes, slot_numbers)
        prefix[row] = _span_id(points, start, min(start + 1, end), scratch, slot_hashes, slot_numbers)
        suffix[row] = _span_id(points, max(start, end - 3), end, scratch, slot_hashes, slot_numbers)
        length[row] = np.uint64(end - start)
        if end - start >= 100:
            scratch[0], scratch[1], scratch[2], scratch[3] = 76, 79, 78, 71
            at = 4
        else:
            at = _shape_into(points, start, end, flags, scratch)
        shape[row] = bytes_id(scratch, at, slot_hashes, slot_numbers)
        blank = end > start
        for p in range(start, end):
            blank = blank and (flags[points[p]] & 8) != 0
        is_space[row] = blank
