# SPDX-License-Identifier: Apache-2.0
"""Attributes of tokens by the names that patterns use, and their values over a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..doc.batch import Batch, LabelColumn
from ..vocab.flags import FLAGS
from ..vocab.lexeme_features import shape_of
from ..vocab.lexemes import LexemeTable
from ..vocab.strings import string_ids
from .errors import PatternError

UInt64Array = npt.NDArray[np.uint64]
Kind = Literal["text", "number", "flag", "iob"]

LEXICAL = ("ORTH", "LOWER", "NORM", "SHAPE")
LAYERS = {
    "TAG": "tag",
    "POS": "pos",
    "MORPH": "morph",
    "LEMMA": "lemma",
    "DEP": "dep",
    "ENT_ID": "ent_id",
    "ENT_KB_ID": "ent_kb_id",
}
"""Attribute -> column of the batch."""

OF_TEXT = frozenset((*FLAGS, "ORTH", "LOWER", "SHAPE", "LENGTH", "SPACY"))
"""Attributes that the text alone decides, whatever components say."""

REQUIRED = {
    "TAG": "a tagger",
    "POS": "a morphologizer, or a tagger and an attribute_ruler",
    "MORPH": "a morphologizer, or a tagger and an attribute_ruler",
    "LEMMA": "a lemmatizer",
    "DEP": "a parser",
}
"""Attributes whose absence is an error, and what sets them."""

NO_FEATURES = "_"
"""Value of a morphological analysis without features; an unset one is the empty string."""

IOB = {"": 0, "I": 1, "O": 2, "B": 3}

KINDS: dict[str, Kind] = {
    **dict.fromkeys((*LEXICAL, *LAYERS, "ENT_TYPE"), "text"),
    **dict.fromkeys((*FLAGS, "SPACY", "SENT_START"), "flag"),
    "LENGTH": "number",
    "ENT_IOB": "iob",
}
"""What each attribute's values are."""

SAME = {"TEXT": "ORTH", "IS_SENT_START": "SENT_START"}
"""Second names."""

NAMES = tuple(sorted((*KINDS, *SAME)))


class TokenValues:
    """Values of the tokens `start:end` of a batch, each column made when first asked for."""

    def __init__(self, batch: Batch, start: int = 0, end: int | None = None) -> None:
        self.batch = batch
        self.rows = slice(start, batch.n_tokens if end is None else end)
        self.lexeme_ids = batch.lexeme_ids[self.rows]
        self._ids: dict[str, UInt64Array] = {}

    def __len__(self) -> int:
        """Number of tokens."""
        return len(self.lexeme_ids)

    def ids(self, attribute: str) -> UInt64Array:
        """Numbers that are equal where the attribute is: string ids, counts, or 0 and 1. Shape:
        `(len(self),)`."""
        known = self._ids.get(attribute)
        if known is None:
            known = self._ids[attribute] = self._read_ids(attribute)
        return known

    def column(self, attribute: str) -> LabelColumn | None:
        """The column of an attribute that a layer holds; None where the batch lacks it."""
        return self._entity_types() if attribute == "ENT_TYPE" else self.batch.columns.get(LAYERS[attribute])

    def require(self, attributes: Sequence[str]) -> None:
        """Raises: PatternError where tokens lack an attribute altogether."""
        for name in attributes if len(self) else ():
            column = self.column(name)
            if column is None or not _is_set(name, LabelColumn(column.ids[self.rows], column.labels)):
                raise PatternError(
                    f"expected documents with {name}, which a pattern asks for, got some without; "
                    f"add {REQUIRED[name]} to the pipeline, or match with allow_missing=True"
                )

    def _read_ids(self, attribute: str) -> UInt64Array:
        if attribute in LEXICAL or attribute == "LENGTH" or attribute in FLAGS:
            return self.batch.lexemes.attribute(attribute)[self.lexeme_ids]
        if attribute == "SPACY":
            return self.batch.spaces[self.rows].astype(np.uint64)
        if attribute == "SENT_START":
            return _sentence_starts(self.batch)[self.rows].astype(np.uint64)
        if attribute == "ENT_IOB":
            return _entity_marks(self.batch)[self.rows]
        column = self.column(attribute)
        if column is None:
            return np.zeros(len(self), dtype=np.uint64)
        of_label = np.concatenate([string_ids(label_texts(attribute, column)), np.zeros(1, dtype=np.uint64)])
        return of_label[column.ids[self.rows]]

    def _entity_types(self) -> LabelColumn | None:
        spans = self.batch.spans.get("ents")
        if spans is None:
            return None
        ids = np.full(self.batch.n_tokens, -1, dtype=np.int64)
        for start, end, label in _entity_rows(self.batch):
            ids[start:end] = label
        return LabelColumn(ids, spans.labels)


def label_texts(attribute: str, column: LabelColumn) -> list[str]:
    """Labels of a column as patterns see them."""
    return [label or NO_FEATURES for label in column.labels] if attribute == "MORPH" else list(column.labels)


TEXT_OF_LEXEME: dict[str, Callable[[LexemeTable, int], Any]] = {
    "ORTH": lambda table, i: table.text(i),
    "LOWER": lambda table, i: table.text(i).lower(),
    "NORM": lambda table, i: table.norm(i),
    "SHAPE": lambda table, i: shape_of(table.text(i)),
    "LENGTH": lambda table, i: len(table.text(i)),
}
"""Attribute -> its value for a lexeme."""


def _is_set(attribute: str, column: LabelColumn) -> bool:
    used = np.unique(column.ids[column.ids >= 0]).tolist()
    return any(attribute == "MORPH" or column.labels[label] for label in used)


def _sentence_starts(batch: Batch) -> npt.NDArray[np.bool_]:
    """Where a sentence starts; before anyone looked, only where a document does."""
    if batch.sent_starts is not None:
        known: npt.NDArray[np.bool_] = batch.sent_starts == 1
        return known
    starts = np.zeros(batch.n_tokens, dtype=np.bool_)
    starts[batch.doc_offsets[:-1][np.diff(batch.doc_offsets) > 0]] = True
    return starts


def _entity_marks(batch: Batch) -> UInt64Array:
    marks = np.full(batch.n_tokens, IOB[""] if "ents" not in batch.spans else IOB["O"], dtype=np.uint64)
    for start, end, _ in _entity_rows(batch):
        marks[start:end] = IOB["I"]
        marks[start] = IOB["B"]
    return marks


def _entity_rows(batch: Batch) -> list[tuple[int, int, int]]:
    """First row, row behind the last, and label of every entity."""
    spans = batch.spans.get("ents")
    if spans is None:
        return []
    begins, ends = batch.span_rows(spans)
    return list(zip(begins.tolist(), ends.tolist(), spans.label_ids.tolist(), strict=True))
