# SPDX-License-Identifier: Apache-2.0
"""The columns of one document as lists: words, tags, heads and all else that is known of each token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..cached import cached_attribute
from .batch import Batch
from .biluo import MISSING
from .fixed_list import FixedList
from .tree import Tree

Value = TypeVar("Value")

KEPT = ("batch", "index", "start_row", "end_row", "spans")
"""What stands beside the lists in a document's `__dict__`."""

LISTS = {
    "tag": ("tags",),
    "pos": ("pos_tags",),
    "morph": ("morphs",),
    "lemma": ("lemmas",),
    "dep": ("deps",),
    "heads": ("heads", "tree"),
    "sents": ("sent_starts",),
    "norm": ("norms",),
    "ents": ("ents", "ent_types", "ent_iobs", "column ent_id", "column ent_kb_id"),
}
"""Layer -> the lists that are made of it."""


class DocColumns:
    """One document of a batch, column by column: lists with one value per token, each made when first read.

    What documents, tokens and spans read from, and the fast way to read for everybody. `batch` holds the
    data, `index` says which of its documents it is.
    """

    batch: Batch
    index: int
    start_row: int
    end_row: int

    def __init__(self, batch: Batch, index: int) -> None:
        self._take(batch, index)

    @property
    def text(self) -> str:
        """The text, exactly as it came."""
        return self.batch.texts[self.index]

    def __len__(self) -> int:
        """Number of tokens."""
        return self.end_row - self.start_row

    def is_same(self, other: DocColumns) -> bool:
        """Whether both are the same document of the same batch."""
        return self.batch is other.batch and self.index == other.index

    @cached_attribute
    def words(self) -> list[str]:
        """Token texts."""
        return self.batch.lexemes.texts(self._rows(self.batch.lexeme_ids))

    @cached_attribute
    def norms(self) -> list[str]:
        """Token norms."""
        return self.batch.lexemes.norms(self._rows(self.batch.lexeme_ids))

    @cached_attribute
    def starts(self) -> list[int]:
        """Character offset of each token's first code point."""
        return _as_list(self._rows(self.batch.starts))

    @cached_attribute
    def ends(self) -> list[int]:
        """Character offset behind each token's last code point."""
        return _as_list(self._rows(self.batch.starts) + self._rows(self.batch.lengths))

    @cached_attribute
    def spaces(self) -> list[bool]:
        """Whether one blank follows each token."""
        return _as_list(self._rows(self.batch.spaces).astype(np.bool_))

    @cached_attribute
    def is_spaces(self) -> list[bool]:
        """Whether each token is white space."""
        return self._lexeme_flags(self.batch.lexemes.is_space)

    @cached_attribute
    def is_puncts(self) -> list[bool]:
        """Whether each token is punctuation."""
        return self._lexeme_flags(self.batch.lexemes.is_punct)

    @cached_attribute
    def is_oovs(self) -> list[bool]:
        """Whether each token lacks a static vector."""
        return _as_list(self.batch.lexemes.is_oov(self._rows(self.batch.lexeme_ids)))

    def flags(self, name: str) -> list[bool]:
        """Whether each token has a lexical attribute such as "LIKE_NUM". Raises: KeyError where there is none
        of that name."""
        return self._cached(f"flag {name}", lambda: self._lexeme_flags(self.batch.lexemes.flag(name)))

    @cached_attribute
    def tags(self) -> list[str]:
        """Fine-grained tags, empty strings where unset."""
        return self.column("tag")

    @cached_attribute
    def pos_tags(self) -> list[str]:
        """Universal parts of speech, empty strings where unset."""
        return self.column("pos")

    @cached_attribute
    def morphs(self) -> list[str]:
        """Morphological features as `Name=Value|...`, empty strings where unset."""
        return self.column("morph")

    @cached_attribute
    def lemmas(self) -> list[str]:
        """Lemmas, empty strings where unset."""
        return self.column("lemma")

    @cached_attribute
    def deps(self) -> list[str]:
        """Dependency labels, empty strings where unset."""
        return self.column("dep")

    @cached_attribute
    def heads(self) -> list[int]:
        """Position of each token's head, its own position for a root and where there are no heads."""
        return self._read_heads()

    @cached_attribute
    def sent_starts(self) -> list[int]:
        """1 where a sentence starts, -1 where none does, 0 where unknown."""
        return self._read_sent_starts()

    def column(self, name: str) -> list[str]:
        """Labels of a column of the batch, empty strings where it has none."""
        return self._cached(f"column {name}", lambda: self._read_column(name))

    def has(self, layer: str) -> bool:
        """Whether a layer was set: a column's name, or "ents", "sents", "heads", "cats"."""
        batch = self.batch
        own_fields = {
            "sents": batch.sent_starts is not None,
            "heads": batch.heads is not None,
            "cats": bool(batch.cats),
        }
        return own_fields.get(layer, layer in batch.columns or layer in batch.spans)

    @cached_attribute
    def ent_types(self) -> list[str]:
        """Label of the entity that each token belongs to, empty strings where it belongs to none."""
        types = [""] * len(self)
        for start, end, label in reversed(self.batch.spans_of("ents", self.index)):
            types[start:end] = [label if label != MISSING else ""] * (end - start)
        return types

    @cached_attribute
    def ent_iobs(self) -> list[str]:
        """Whether each token begins an entity (B), goes on with one (I), is outside of all (O), or nothing
        is known (empty)."""
        marks = ["O" if "ents" in self.batch.spans else ""] * len(self)
        for start, end, label in self.batch.spans_of("ents", self.index):
            known = label != MISSING
            marks[start:end] = ["B" if known else "", *["I" if known else ""] * (end - start - 1)]
        return marks

    def span_scores(self, key: str) -> list[float]:
        """How sure a model was of each span of a group, in their order; empty where no model said."""
        column = self.batch.spans.get(key)
        if column is None or column.scores is None:
            return []
        return _as_list(column.scores[column.rows(self.index)])

    @cached_attribute
    def tree(self) -> Tree:
        """The dependency tree by token positions; without heads, every token is a root."""
        return Tree.of(self.heads)

    def _read_cats(self) -> dict[str, float]:
        scores = {label: float(column[self.index]) for label, column in self.batch.cats.items()}
        return {label: score for label, score in scores.items() if score == score}

    def move_to(self, batch: Batch, index: int) -> None:
        """Be a document of another batch from now on, such as one in which more is known of it."""
        self._take(batch, index)
        self.refresh()

    def _take(self, batch: Batch, index: int) -> None:
        """Be this document of this batch."""
        place, offsets = self.__dict__, batch.doc_offsets
        place["batch"], place["index"] = batch, index
        place["start_row"], place["end_row"] = int(offsets[index]), int(offsets[index + 1])

    def _rows(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return array[self.start_row : self.end_row]

    def _cached(self, name: str, make: Callable[[], Value]) -> Value:
        value: Value | None = self.__dict__.get(name)
        if value is None:
            value = self.__dict__[name] = make()
        return value

    def refresh(self) -> None:
        """Drop the lists that were made of the batch, which somebody has changed since."""
        for name in [name for name in self.__dict__ if name not in KEPT]:
            del self.__dict__[name]

    def _forget(self, layer: str) -> None:
        """Drop the lists of one layer, which what was just set contradicts."""
        for name in (*LISTS.get(layer, ()), f"column {layer}"):
            self.__dict__.pop(name, None)

    def _lexeme_flags(self, flags: npt.NDArray[np.bool_]) -> list[bool]:
        return _as_list(flags[self._rows(self.batch.lexeme_ids)])

    def _read_column(self, name: str) -> list[str]:
        column = self.batch.columns.get(name)
        values = [""] * len(self) if column is None else column.strings(self.start_row, self.end_row)
        return FixedList(values)

    def _read_heads(self) -> list[int]:
        heads = self.batch.heads
        return FixedList(range(len(self)) if heads is None else self._rows(heads).tolist())

    def _read_sent_starts(self) -> list[int]:
        starts = self.batch.sent_starts
        return FixedList([0] * len(self) if starts is None else self._rows(starts).tolist())


def _as_list(array: npt.NDArray[Any]) -> list[Any]:
    """The values as Python's own."""
    values: list[Any] = array.tolist()
    return values
