# SPDX-License-Identifier: Apache-2.0
"""What a vocabulary knows of its words' vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import numpy as np

from ..config.registry import registry
from .attrs import attribute_name
from .lexemes import LexemeTable, TableLine
from .string_store import StringStore
from .strings import string_id

DEFAULT_VECTORS = "freshet.Vectors.v1"
"""The registered function that makes an empty table of vectors."""

FIRST_ROWS, GROWTH = 100, 1.3
"""Rows of a table that the first vector is set in, and how it grows."""


class VectorsOfWords:
    """The part of `Vocab` that gives words vectors. The table itself is of the folder `vectors`, which knows
    this one; it is made when somebody asks."""

    strings: StringStore
    oov_prob: float
    _line: TableLine
    _values: dict[str, dict[str, float]]
    _watchers: WeakSet[Any]
    _make_vectors: Callable[[Any], Any] | None = None

    @property
    def lexemes(self) -> LexemeTable:
        """The table that new documents are read with."""
        return self._line.current

    @property
    def vectors(self) -> Any:
        """The table of static vectors, which may be empty; another one may be set."""
        if self._line.vectors is None:
            make = self._make_vectors or registry.get("vectors", DEFAULT_VECTORS)()
            self.vectors = make(self)
        return self._line.vectors

    @vectors.setter
    def vectors(self, vectors: Any) -> None:
        for text in getattr(vectors, "strings", None) or ():
            self.strings.add(text)
        vectors.strings = self.strings
        vectors.on_change = self._vectors_changed
        self._line.vectors = vectors
        self._vectors_changed()

    def make_vectors_with(self, make: Callable[[Any], Any]) -> None:
        """Have the table made by this function when it is asked for."""
        self._make_vectors = make

    def watch_vectors(self, watcher: Any) -> None:
        """Call `watcher.vectors_changed()` when something was computed from vectors that have changed
        since."""
        self._watchers.add(watcher)

    def _vectors_changed(self) -> None:
        if self._line.vectors_read:
            self._line.vectors_read = False
            for watcher in list(self._watchers):
                watcher.vectors_changed()

    @property
    def has_vectors(self) -> bool:
        """Whether there is a vector of any word; asking makes no table."""
        return self._line.vectors is not None and self._line.vectors.size > 0

    @property
    def vectors_length(self) -> int:
        """Numbers per vector."""
        return int(self.vectors.shape[1])

    def has_vector(self, orth: int | str) -> bool:
        """Whether a word, given by its text or its id, has a vector."""
        return self.has_vectors and self._vector_key(orth) in self.vectors

    def get_vector(self, orth: int | str) -> Any:
        """The vector of a word, zeros where it has none. Shape: `(vectors_length,)`."""
        key = self._vector_key(orth)
        if self.has_vectors and key in self.vectors:
            return self.vectors[key]
        return np.zeros(self.vectors_length, dtype=np.float32)

    def rank_of(self, text: str) -> int:
        """The row of a word in the table; the largest number where it has none."""
        table = self.lexemes
        return int(table.ranks(table.add_keys([text]))[0])

    def set_vector(self, orth: int | str, vector: Any) -> None:
        """Give a word a vector; the table grows where it is full."""
        key, vectors = self._vector_key(orth), self.vectors
        if isinstance(orth, str):
            self.strings.add(orth)
        if vectors.is_full is True and key not in vectors:
            width = vectors.shape[1] or int(np.asarray(vector).size)
            vectors.resize((max(FIRST_ROWS, int(vectors.shape[0] * GROWTH)), width))
        vectors.add(key, vector=vector)

    def reset_vectors(self, *, width: int | None = None, shape: tuple[int, int] | None = None) -> None:
        """Drop all vectors; those to come have `width` numbers, or the table this shape."""
        if width is not None and shape is not None:
            raise ValueError(f"expected a width or a shape, got both: {width} and {shape}")
        old = self.vectors.shape
        kind = type(self.vectors)
        self.vectors = kind(strings=self.strings, shape=shape or (old[0], old[1] if width is None else width))

    def prune_vectors(self, nr_row: int, batch_size: int = 1024) -> dict[str, tuple[str, float]]:
        """Keep `nr_row` vectors, those of the words of greatest probability, and give every other word the
        nearest of them: by word, the word whose vector it has now, and how similar the two were."""
        probs = {string_id(text): values["prob"] for text, values in self._values.items() if "prob" in values}
        pruned = self.vectors.prune(nr_row, probs, self.oov_prob, batch_size)
        return {self._text(key): (self._text(other), score) for key, (other, score) in pruned.items()}

    def deduplicate_vectors(self) -> None:
        """Let words with equal vectors share a row."""
        self.vectors.deduplicate()

    def _vector_key(self, orth: int | str) -> int:
        """The id by which the table has a word."""
        name = attribute_name(getattr(self._line.vectors, "attr", "ORTH"))
        if name == "ORTH":
            return string_id(orth) if isinstance(orth, str) else int(orth)
        table = self.lexemes
        lexeme = table.add(orth if isinstance(orth, str) else self.strings[orth])
        return int(table.attribute(name)[lexeme])

    def _text(self, key: int) -> str:
        return self.strings[key] if key in self.strings else str(key)

    def _text_elsewhere(self, number: int) -> str | None:
        """The text of an id that lexemes or the vectors' table know."""
        known = self.lexemes.text_of_id(number)
        if known is not None or self._line.vectors is None:
            return known
        text: str | None = self._line.vectors.text_of(number)
        return text
