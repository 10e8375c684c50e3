# SPDX-License-Identifier: Apache-2.0
"""Splitting tokens: what becomes of every layer when one token becomes several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DocError
from .batch import UNSET, Batch, LabelColumn
from .tree import edges_of, sentence_starts

Rows = npt.NDArray[np.int64]
Place = tuple[int, int]
"""A token before the split, and which of its pieces is meant (0 for a token that stays whole)."""

LEMMA = "lemma"


@dataclass(frozen=True, slots=True)
class Split:
    """A token of a batch's only document, the texts of its pieces, and the head and the values of each."""

    token: int
    texts: Sequence[str]
    heads: Sequence[Place]
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)


def split_tokens(batch: Batch, splits: Sequence[Split]) -> None:
    """Split tokens of a batch of one document, in place, and keep all layers in step.

    The first piece keeps what the token had, and what depended on it; of the others only what is set is
    known, and their lemma is their text. Spans hold all pieces. Where there are trees, sentences follow from
    them.
    Raises: DocError where the pieces do not spell the token, or there are not as many heads or values as
    pieces.
    """
    if not splits:
        return
    for split in splits:
        _check(batch, split)
    counts = np.ones(batch.n_tokens, dtype=np.int64)
    for split in splits:
        counts[split.token] = len(split.texts)
    first = np.cumsum(counts) - counts
    sources = np.repeat(np.arange(batch.n_tokens), counts)
    _write_columns(batch, splits, first, sources)
    had_tree = batch.heads is not None
    if had_tree or any(head != (s.token, i) for s in splits for i, head in enumerate(s.heads)):
        _write_trees(batch, splits, first, sources)
    if not had_tree and batch.sent_starts is not None:
        starts = batch.sent_starts[sources]
        starts[np.setdiff1d(np.arange(len(sources)), first)] = -1
        batch.sent_starts = starts
    for key, column in batch.spans.items():
        last = column.ends - 1
        batch.spans[key] = replace(
            column,
            starts=first[column.starts].astype(np.int32),
            ends=(first[last] + counts[last]).astype(np.int32),
        )
    batch.vectors = {name: rows[sources] for name, rows in batch.vectors.items()}
    batch.pieces = {name: rows[sources] for name, rows in batch.pieces.items()}
    batch.grads = {}
    if batch.surprises and "ents" in batch.surprises:
        batch.surprises["ents"] = (batch.surprises["ents"] / counts)[sources].astype(np.float32)
    _write_words(batch, splits, first, sources)
    batch.doc_offsets = np.array([0, len(sources)], dtype=batch.doc_offsets.dtype)


def _check(batch: Batch, split: Split) -> None:
    text = batch.lexemes.text(int(batch.lexeme_ids[split.token]))
    if "".join(split.texts) != text or not all(split.texts):
        raise DocError(f"expected pieces that spell {text!r}, got {list(split.texts)}")
    for what, values in {"heads": split.heads, **split.values}.items():
        if len(values) != len(split.texts):
            raise DocError(
                f"expected {len(split.texts)} {what}, one for each piece of {text!r}, got {len(values)}"
            )


def _write_words(batch: Batch, splits: Sequence[Split], first: Rows, sources: Rows) -> None:
    ids, starts, lengths, spaces = (
        array[sources] for array in (batch.lexeme_ids, batch.starts, batch.lengths, batch.spaces)
    )
    for split in splits:
        rows = slice(int(first[split.token]), int(first[split.token]) + len(split.texts))
        sizes = np.array([len(text) for text in split.texts])
        ids[rows] = batch.lexemes.add_many(split.texts)
        starts[rows] += (np.cumsum(sizes) - sizes).astype(starts.dtype)
        lengths[rows] = sizes
        spaces[rows.start : rows.stop - 1] = 0
    batch.lexeme_ids, batch.starts, batch.lengths, batch.spaces = ids, starts, lengths, spaces


def _write_columns(batch: Batch, splits: Sequence[Split], first: Rows, sources: Rows) -> None:
    columns = {
        name: LabelColumn(column.ids[sources].astype(np.int64), column.labels)
        for name, column in batch.columns.items()
    }
    for column in columns.values():
        column.ids[np.setdiff1d(np.arange(len(sources)), first)] = UNSET
    for split in splits:
        lemmas: dict[str, Sequence[str]] = {LEMMA: split.texts} if LEMMA in columns else {}
        for name, values in {**lemmas, **split.values}.items():
            column = columns.setdefault(name, LabelColumn(np.full(len(sources), UNSET, dtype=np.int64), ()))
            n_labels, row = len(column.labels), int(first[split.token])
            column.ids[row : row + len(values)] = [
                n_labels + i if value else UNSET for i, value in enumerate(values)
            ]
            column.labels = (*column.labels, *values)
    batch.columns = columns


def _write_trees(batch: Batch, splits: Sequence[Split], first: Rows, sources: Rows) -> None:
    """Heads, and, where there was a tree, the sentences that follow."""
    old: Any = np.arange(len(first)) if batch.heads is None else batch.heads
    heads = first[old[sources]]
    had_tree = batch.heads is not None
    for split in splits:
        row = int(first[split.token])
        heads[row : row + len(split.heads)] = [first[token] + piece for token, piece in split.heads]
    batch.heads = heads.astype(np.int32)
    if not had_tree:
        return
    whole = heads.tolist()
    batch.sent_starts = np.array(sentence_starts(whole, edges_of(whole)[0]), dtype=np.int8)
