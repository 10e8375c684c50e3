# SPDX-License-Identifier: Apache-2.0
"""Floret vectors: the mean of hashed rows for a word and its character sequences, so that every word has
one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from ..jit.loops import jit
from ..vocab.lexemes import LexemeTable
from .mapped_file import take_rows

Floats = npt.NDArray[np.float32]

MAX_HASHES = 4
"""Numbers that one hash gives."""

_C1 = np.uint64(0x87C37B91114253D5)
_C2 = np.uint64(0x4CF5AD432745937F)


@dataclass(frozen=True, slots=True, eq=False)
class FloretVectors:
    """Rows for hashed sequences of `minn` to `maxn` code points of `bow + text + eow`, and for that text as a
    whole.

    `source`: the mapped file that holds the table.
    Shape: data `(n_rows, width)`.
    """

    data: Floats
    minn: int
    maxn: int
    hash_count: int
    hash_seed: int
    bow: str
    eow: str
    attr: str = "ORTH"
    name: str | None = None
    source: memoryview | None = None

    def __post_init__(self) -> None:
        """Refuse settings that no table has."""
        if (
            not 1 <= self.hash_count <= MAX_HASHES
            or not 0 <= self.minn <= self.maxn
            or not 0 <= self.hash_seed < 1 << 32
        ):
            settings = {key: value for key, value in self.settings.items() if isinstance(value, int)}
            raise ValueError(
                f"expected 1 to {MAX_HASHES} hashes, a 32-bit seed and minn up to maxn, got {settings}"
            )

    @property
    def width(self) -> int:
        """Numbers per vector."""
        return int(self.data.shape[1])

    @property
    def settings(self) -> dict[str, Any]:
        """Everything but the rows."""
        return {
            name: getattr(self, name)
            for name in ("minn", "maxn", "hash_count", "hash_seed", "bow", "eow", "attr")
        }

    def rows(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Vectors of lexemes, zeros for an empty text. Shape: `(len(lexeme_ids), width)`."""
        ids, which = np.unique(lexeme_ids, return_inverse=True)
        return self.by_texts(_texts_of(lexemes, ids, self.attr))[which]

    def by_texts(self, texts: Sequence[str]) -> Floats:
        """Vectors of texts, zeros for an empty one. Shape: `(len(texts), width)`."""
        out = np.zeros((len(texts), self.width), dtype=np.float32)
        for i, text in enumerate(texts):
            if text:
                out[i] = take_rows(self.data, self.table_rows(text)).mean(axis=0)
        return out

    def rows_or_last(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> Floats:
        """Raises: EngineError, for every token has a vector of its own, and older layers cannot read this
        table."""
        raise EngineError(
            "expected a table of words for layers that read the last vector for unknown words, got "
            "floret vectors"
        )

    def has(self, lexemes: LexemeTable, lexeme_ids: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Every lexeme has a vector, made of its parts. Shape: `(len(lexeme_ids),)`."""
        return np.ones(len(lexeme_ids), dtype=np.bool_)

    def table_rows(self, text: str) -> npt.NDArray[np.int64]:
        """Rows whose mean is the vector of a text. Shape: `(n_sequences * hash_count,)`."""
        marked = f"{self.bow}{text}{self.eow}"
        sizes = range(max(self.minn, 1), min(self.maxn, len(marked)) + 1)
        parts = [marked, *(marked[i : i + n] for n in sizes for i in range(len(marked) - n + 1))]
        encoded = [part.encode("utf8", "surrogatepass") for part in parts]
        ends = np.cumsum([len(part) for part in encoded])
        data = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        keys = np.empty((len(parts), MAX_HASHES), dtype=np.uint32)
        _hash_parts(data, ends, np.uint64(self.hash_seed), keys)
        return (keys[:, : self.hash_count].astype(np.int64) % len(self.data)).reshape(-1)


def _texts_of(lexemes: LexemeTable, ids: npt.NDArray[Any], attr: str) -> list[str]:
    """The texts that an attribute of lexemes stands for."""
    if attr == "NORM":
        return lexemes.norms(ids)
    texts = lexemes.texts(ids)
    return [text.lower() for text in texts] if attr == "LOWER" else texts


@jit
def _rotate(value: Any, bits: Any) -> Any:  # pragma: no cover - compiled
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@jit
def _mix(value: Any) -> Any:  # pragma: no cover - compiled
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@jit
def _word(data: Any, start: int, end: int) -> Any:  # pragma: no cover - compiled
    """Up to eight bytes as a little-endian number."""
    value = np.uint64(0)
    for k in range(end - start):
        value |= np.uint64(data[start + k]) << np.uint64(8 * k)
    return value


@jit
def _murmur3(data: Any, start: int, end: int, seed: Any) -> Any:  # pragma: no cover - compiled
    """MurmurHash3 x64 128 of `data[start:end]` as two numbers."""
    h1, h2 = seed, seed
    at = start
    while end - at >= 16:
        k1, k2 = _word(data, at, at + 8), _word(data, at + 8, at + 16)
        h1 ^= _rotate(k1 * _C1, 31) * _C2
        h1 = (_rotate(h1, 27) + h2) * np.uint64(5) + np.uint64(0x52DCE729)
        h2 ^= _rotate(k2 * _C2, 33) * _C1
        h2 = (_rotate(h2, 31) + h1) * np.uint64(5) + np.uint64(0x38495AB5)
        at += 16
    if end - at > 8:
        h2 ^= _rotate(_word(data, at + 8, end) * _C2, 33) * _C1
    if end > at:
        h1 ^= _rotate(_word(data, at, min(end, at + 8)) * _C1, 31) * _C2
    length = np.uint64(end - start)
    h1, h2 = h1 ^ length, h2 ^ length
    h1 += h2
    h2 += h1
    h1, h2 = _mix(h1), _mix(h2)
    h1 += h2
    h2 += h1
    return h1, h2


@jit
def _hash_parts(data: Any, ends: Any, seed: Any, keys: Any) -> None:  # pragma: no cover - compiled
    start = 0
    low = np.uint64(0xFFFFFFFF)
    for i in range(len(ends)):
        h1, h2 = _murmur3(data, start, ends[i], seed)
        keys[i, 0], keys[i, 1] = h1 & low, h1 >> np.uint64(32)
        keys[i, 2], keys[i, 3] = h2 & low, h2 >> np.uint64(32)
        start = ends[i]
