# SPDX-License-Identifier: Apache-2.0
"""Pieces of blank-separated units, each cut once.

A unit is a run of blanks and the run of other characters behind it; only U+0020 divides. No tokenizer of the
supported families has pieces that cross from one unit into the next, but for texts that hold what a
normaliser may join or change across units: those go to the tokenizer whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, TypeAlias
from unicodedata import category, normalize

import numpy as np
import numpy.typing as npt

from .alignment import expand

IntArray = npt.NDArray[Any]
Pieces: TypeAlias = tuple[Sequence[int], Sequence[tuple[int, int]]]
"""Ids and offsets of one unit, special pieces left out."""

UNIT = re.compile(" *[^ ]+")
WHOLE = -1
"""Number of a unit whose texts are not divided."""

MAX_UNITS, MAX_UNIT_CHARACTERS = 1 << 18, 96
"""Bounds of a cache, so that no stream of texts can fill the memory: about 100 MB. A full one begins anew."""


class UnitTable:
    """Units by number and their pieces one after the other.

    Writers hold the lock; readers need none: a unit has a number once its pieces stand in the arrays, and
    arrays that grow are replaced, never changed where they were read.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.firsts = np.zeros(1 << 12, np.int64)
        self.counts = np.zeros(1 << 12, np.int32)
        self.characters = np.zeros(1 << 12, np.int32)
        self.pieces = np.zeros((3, 1 << 14), np.int32)
        self.n_units = 0
        self.n_pieces = 0

    def add(self, unit: str, pieces: Pieces | None) -> None:
        """Number a unit; None for one whose texts are not divided."""
        if pieces is None:
            self.numbers[unit] = WHOLE
            return
        ids, offsets = pieces
        number, first, n_ids = self.n_units, self.n_pieces, len(ids)
        self._grow(number + 1, first + n_ids)
        self.firsts[number], self.counts[number], self.characters[number] = first, n_ids, len(unit)
        if n_ids:
            self.pieces[0, first : first + n_ids] = ids
            self.pieces[1:, first : first + n_ids] = np.asarray(offsets, np.int32).T
        self.n_units, self.n_pieces = number + 1, first + n_ids
        self.numbers[unit] = number

    def _grow(self, n_units: int, n_pieces: int) -> None:
        if n_units > len(self.firsts):
            for name in ("firsts", "counts", "characters"):
                array = getattr(self, name)
                setattr(self, name, np.concatenate([array, np.zeros_like(array)]))
        while n_pieces > self.pieces.shape[1]:
            self.pieces = np.concatenate([self.pieces, np.zeros_like(self.pieces)], axis=1)


class UnitCache:
    """Texts as pieces of their units.

    `cut` gives the pieces of several units by the tokenizer itself; `is_whole` says of which units the texts
    are not to be divided, `undivided` holds added pieces with a blank in them, whose texts are not, either.
    `is_same_at_start` is False where a unit that begins with a blank is another one at the start of a text.
    """

    def __init__(
        self,
        cut: Callable[[list[str]], list[Pieces]],
        is_whole: Callable[[str], bool],
        undivided: Sequence[str] = (),
        *,
        is_same_at_start: bool = True,
    ) -> None:
        self._cut = cut
        self._is_whole = is_whole
        self._undivided = tuple(undivided)
        self._is_same_at_start = is_same_at_start
        self._table = UnitTable()
        self._lock = Lock()

    def pieces_of(self, texts: Sequence[str]) -> tuple[IntArray, IntArray, IntArray]:
        """The pieces of all texts that can be divided.

        Shape: pieces `(3, n_pieces)` int32: ids, first characters and the ones behind the last, within the
        own text; counts `(n_texts,)`: pieces of each; whole `(n_texts,)` bool: what has to go to the
        tokenizer.
        """
        units_of = list(map(UNIT.findall, texts))
        n_units = np.fromiter(map(len, units_of), np.int64, len(texts))
        units = [unit for some in units_of for unit in some]
        table, numbers = self._numbered(units)
        text_of_unit = np.repeat(np.arange(len(texts)), n_units)
        known = np.maximum(numbers, 0)
        characters = np.where(numbers < 0, 0, table.characters[known]) if units else numbers
        n_characters = np.bincount(text_of_unit, characters, len(texts))
        whole = n_characters != np.fromiter(map(len, texts), np.int64, len(texts))
        for blanks in self._undivided:
            whole |= np.fromiter((blanks in text for text in texts), bool, len(texts))
        if not self._is_same_at_start:
            whole |= np.fromiter((text.startswith(" ") for text in texts), bool, len(texts))
        kept = np.flatnonzero(~whole[text_of_unit])
        return (*_gathered(table, known[kept], characters[kept], text_of_unit[kept], len(texts)), whole)

    def _numbered(self, units: list[str]) -> tuple[UnitTable, IntArray]:
        table = self._table
        try:
            return table, np.fromiter(map(table.numbers.get, units), np.int64, len(units))
        except TypeError:  # some are unknown
            return self._added(units)

    def _added(self, units: list[str]) -> tuple[UnitTable, IntArray]:
        distinct = dict.fromkeys(units)
        with self._lock:
            if len(self._table.numbers) + len(distinct) > MAX_UNITS:
                self._table = UnitTable()
            table = self._table
            new = [unit for unit in distinct if unit not in table.numbers]
            whole = {unit for unit in new if len(unit) > MAX_UNIT_CHARACTERS or self._is_whole(unit)}
            divided = [unit for unit in new if unit not in whole]
            for unit, pieces in zip(divided, self._cut(divided) if divided else [], strict=True):
                table.add(unit, pieces)
            for unit in whole:
                if len(unit) <= MAX_UNIT_CHARACTERS:
                    table.add(unit, None)
        return table, np.fromiter((table.numbers.get(unit, WHOLE) for unit in units), np.int64, len(units))


def _gathered(
    table: UnitTable, numbers: IntArray, characters: IntArray, text_of_unit: IntArray, n_texts: int
) -> tuple[IntArray, IntArray]:
    """The units' pieces one after the other, offsets moved to where the units stand in their texts."""
    counts = table.counts[numbers]
    pieces = table.pieces[:, expand(table.firsts[numbers], counts)]
    ends = np.cumsum(characters)
    before_text = np.zeros(n_texts + 1, np.int64)
    np.cumsum(np.bincount(text_of_unit, characters, n_texts), out=before_text[1:])
    starts = ends - characters - before_text[text_of_unit]
    pieces[1:] += np.repeat(starts.astype(np.int32), counts)
    return pieces, np.bincount(text_of_unit, counts, n_texts).astype(np.int64)


def changes_across_units(unit: str) -> bool:
    """Whether a normaliser may treat a character of it otherwise than by itself: controls, marks that join,
    blanks other than U+0020 (by themselves or once normalised), the mark of SentencePiece.

    >>> changes_across_units(" word"), changes_across_units("tab\\there"), changes_across_units("a\\u0301")
    (False, True, True)
    """
    if unit.isascii():
        return not unit.isprintable()
    return any(
        character == "\u2581"
        or category(character)[0] in "CM"
        or (character != " " and any(part.isspace() for part in normalize("NFKC", character)))
        for character in unit
    )
