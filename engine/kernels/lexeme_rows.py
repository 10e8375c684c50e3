# SPDX-License-Identifier: Apache-2.0
"""What the encoder knows of a lexeme alone: its embedding and its share of the first convolution, computed
once and kept.

    for lexeme in lexemes without a row:
        embedding = norm(maxout(hash rows of all attributes, summed a table, end to end))
        row = [embedding | W[left] @ embedding | W[here] @ embedding | W[right] @ embedding]

A convolution's product over a window is the sum of one product a position, and in the first layer each of
these depends on one word: a token's first layer is three row sums of the table in place of a product.
Float32 whatever the back end, as the rows are kept. The truth: the hash embedding of `layers` and Thinc's
`Maxout`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit, jit_fastmath
from ..vocab.row_hashes import rows as hash_rows
from .arrays import Floats, Ints, allocate
from .backend import Linear, Maxout
from .norm import norm_add_rows
from .weights import CnnWeights

if TYPE_CHECKING:
    from ..vocab.lexemes import LexemeTable

AT_ONCE = 512
"""Rows that are computed together."""

MAX_LEXEMES = 1 << 15
"""Rows of the lexeme table of one encoder: 3.75 KB each at width 96, so at most 120 MiB, and only as far as
they are used."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows of one lexeme table. Row 0 is all zero and stands for padding; `slot_of[lexeme]` is 0 where no row
    exists yet.

    Only slots below `used` count: what is written later is complete before the value that announces it is
    published.
    """

    rows: Floats
    slot_of: npt.NDArray[np.int32]
    used: int


class _Store:
    """The newest rows of one lexeme table, and the lock of those who add to them."""

    def __init__(self, rows: _Rows) -> None:
        """Begin with `rows`."""
        self.current = rows
        self.lock = threading.Lock()


class LexemeRows:
    """Table rows for the lexemes that came by: `[embedding | first layer, left | middle | right]`, pieces one
    after the other.

    Thread-safe: a row is complete before its slot is published, and a reader that holds an old array finds in
    it every row that it knows of. At `max_lexemes` rows a table starts afresh, so that a hostile stream
    cannot grow it for ever.
    """

    def __init__(
        self, weights: CnnWeights, mix: Maxout, first: Linear | None, max_lexemes: int = MAX_LEXEMES
    ) -> None:
        """An empty table for the encoder whose mixing layer and first layer are given."""
        self._weights = weights
        self._mix = mix
        self._first = first
        self.width = len(weights.mix_G)
        self.row_width = self.width + (first.n_out if first is not None else 0)
        self._max = max_lexemes
        self._stores: WeakKeyDictionary[LexemeTable, _Store] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def lookup(self, lexemes: LexemeTable, lexeme_ids: Ints) -> tuple[Floats, npt.NDArray[np.int32]]:
        """The table and every token's row in it, computing the rows that are missing.

        Shape: lexeme_ids `(n_tokens,)` -> table `(capacity, row_width)`, slots `(n_tokens,)`.
        """
        store = self._store(lexemes)
        slots = np.empty(len(lexeme_ids), dtype=np.int32)
        have = store.current
        if not _find(lexeme_ids, have.slot_of, have.used, slots):
            with store.lock:
                missing = _missing(lexeme_ids, store.current.slot_of)
                if len(missing):
                    store.current = self._extend(store.current, lexemes, lexeme_ids, missing)
                have = store.current
            _find(lexeme_ids, have.slot_of, have.used, slots)
        return have.rows, slots

    def _store(self, lexemes: LexemeTable) -> _Store:
        found = self._stores.get(lexemes)
        if found is None:
            with self._lock:
                found = self._stores.setdefault(lexemes, _Store(self._empty()))
        return found

    def _empty(self) -> _Rows:
        # All rows at once: memory that is never written to costs nothing, and a growing table would have to
        # be copied.
        rows = allocate((self._max + 1, self.row_width))
        rows[0] = 0.0
        return _Rows(rows, np.zeros(1, dtype=np.int32), 1)

    def _extend(self, have: _Rows, lexemes: LexemeTable, lexeme_ids: Ints, missing: Ints) -> _Rows:
        """`have` with rows for `missing`, or where that is too many, new rows for this batch alone; the
        caller holds the lock."""
        if have.used + len(missing) > len(have.rows) and have.used > 1:
            have, missing = self._empty(), np.unique(lexeme_ids)
        used, rows, slot_of = have.used + len(missing), have.rows, have.slot_of
        if used > len(rows):
            rows = allocate((used, self.row_width))  # one batch with more distinct lexemes than the bound
            rows[0] = 0.0
        if int(missing[-1]) >= len(slot_of):
            slot_of = np.zeros(max(2 * len(slot_of), len(lexemes), int(missing[-1]) + 1), dtype=np.int32)
            slot_of[: len(have.slot_of)] = have.slot_of
        self._compute(lexemes, missing, rows[have.used : used])
        slot_of[missing] = np.arange(have.used, used, dtype=np.int32)
        return _Rows(rows, slot_of, used)

    def _compute(self, lexemes: LexemeTable, lexeme_ids: Ints, out: Floats) -> None:
        """Fill rows, some at a time: what comes between would be as large as the rows themselves."""
        for start in range(0, len(lexeme_ids), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            self._compute_some(lexemes, lexeme_ids[some], out[some])

    def _compute_some(self, lexemes: LexemeTable, lexeme_ids: Ints, out: Floats) -> None:
        vectors = allocate((len(lexeme_ids), self.width))
        if self._weights.embed is not None:
            vectors[:] = self._weights.embed(lexemes, lexeme_ids)
        else:
            self._embed(lexemes, lexeme_ids, vectors)
        out[:, : self.width] = vectors
        if self._first is not None:
            out[:, self.width :] = self._first(vectors)

    def _embed(self, lexemes: LexemeTable, lexeme_ids: Ints, vectors: Floats) -> None:
        """Sums of table rows through the mixing layer."""
        weights = self._weights
        sums = np.empty((len(lexeme_ids), sum(table.shape[1] for table in weights.tables)), dtype=np.float32)
        column = 0
        for attr, table, seed in zip(weights.attrs, weights.tables, weights.seeds, strict=True):
            ids = lexemes.attribute(attr)[lexeme_ids]
            _sum_rows(table, hash_rows(ids, seed, len(table)), sums, column)
            column += table.shape[1]
        nothing = np.zeros((1, self.width), dtype=np.float32)
        norm_add_rows(self._mix(sums), weights.mix_G, weights.mix_beta, nothing, vectors)


@jit
def _find(lexeme_ids: Ints, slot_of: npt.NDArray[np.int32], used: Any, slots: npt.NDArray[np.int32]) -> bool:
    """Fill `slots`; whether every lexeme had a row below `used`."""
    known = len(slot_of)
    for i in range(len(lexeme_ids)):
        lexeme = lexeme_ids[i]
        slot = slot_of[lexeme] if lexeme < known else 0
        if slot == 0 or slot >= used:
            return False
        slots[i] = slot
    return True


def _missing(lexeme_ids: Ints, slot_of: npt.NDArray[np.int32]) -> Ints:
    """Lexemes without a row, once each, in order."""
    ids: Ints = np.unique(lexeme_ids)
    beyond = ids >= len(slot_of)
    new: Ints = ids[beyond | (slot_of[np.where(beyond, 0, ids)] == 0)]
    return new


@jit_fastmath
def _sum_rows(table: Floats, rows: npt.NDArray[np.int32], out: Floats, column: int) -> None:
    """The sum of four table rows for every lexeme, in key order, into columns of `out` from `column` on."""
    for i in range(len(rows)):
        a, b, c, d = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3]
        for j in range(table.shape[1]):
            out[i, column + j] = table[a, j] + table[b, j] + table[c, j] + table[d, j]
