# SPDX-License-Identifier: Apache-2.0
"""Cutting long tokens into pieces of a size, in whole batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .batch import UNSET, Batch, LabelColumn

Rows = npt.NDArray[np.int64]

LEMMA = "lemma"


def cut_tokens(batch: Batch, n_pieces: Rows, size: int) -> None:
    """Cut tokens into so many pieces of `size` characters, the last one perhaps shorter, in place, and keep
    all layers in step. Shape: `n_pieces` `(n_tokens,)`.

    The first piece keeps what the token had, and what depended on it. The others depend on it, and of them
    nothing else is known but their lemma, their text, where there are lemmas. Spans hold all pieces.
    """
    first = np.cumsum(n_pieces) - n_pieces
    sources = np.repeat(np.arange(batch.n_tokens), n_pieces)
    later = np.ones(len(sources), dtype=bool)
    later[first] = False
    doc_offsets = np.concatenate([first, [len(sources)]])[batch.doc_offsets]
    _cut_spans(batch, n_pieces, first, doc_offsets)
    _cut_words(batch, n_pieces, first, sources, size)
    _cut_columns(batch, sources, later)
    if batch.heads is not None:
        batch.heads = np.where(later, first[sources], first[batch.heads[sources]]).astype(batch.heads.dtype)
    if batch.sent_starts is not None:
        batch.sent_starts = np.where(later, -1, batch.sent_starts[sources]).astype(np.int8)
    batch.vectors = {name: rows[sources] for name, rows in batch.vectors.items()}
    batch.pieces = {name: rows[sources] for name, rows in batch.pieces.items()}
    batch.grads = {}
    if batch.surprises and "ents" in batch.surprises:
        batch.surprises["ents"] = (batch.surprises["ents"] / n_pieces)[sources].astype(np.float32)
    batch.doc_offsets = doc_offsets.astype(batch.doc_offsets.dtype)


def _cut_spans(batch: Batch, n_pieces: Rows, first: Rows, doc_offsets: Rows) -> None:
    for key, column in batch.spans.items():
        starts, ends = batch.span_rows(column)
        before = np.repeat(doc_offsets[:-1], np.diff(column.doc_offsets))
        new_starts, new_ends = first[starts] - before, first[ends - 1] + n_pieces[ends - 1] - before
        batch.spans[key] = replace(column, starts=new_starts.astype(np.int32), ends=new_ends.astype(np.int32))


def _cut_words(batch: Batch, n_pieces: Rows, first: Rows, sources: Rows, size: int) -> None:
    ids, starts, lengths, spaces = (
        array[sources] for array in (batch.lexeme_ids, batch.starts, batch.lengths, batch.spaces)
    )
    for token in np.flatnonzero(n_pieces > 1).tolist():
        text = batch.lexemes.text(int(batch.lexeme_ids[token]))
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        rows = slice(int(first[token]), int(first[token]) + len(pieces))
        ids[rows] = batch.lexemes.add_many(pieces)
        starts[rows] += (np.arange(len(pieces)) * size).astype(starts.dtype)
        lengths[rows] = [len(piece) for piece in pieces]
        spaces[rows.start : rows.stop - 1] = 0
    batch.lexeme_ids, batch.starts, batch.lengths, batch.spaces = ids, starts, lengths, spaces


def _cut_columns(batch: Batch, sources: Rows, later: npt.NDArray[np.bool_]) -> None:
    """After the words were cut: lemmas of later pieces are their texts."""
    for name, column in batch.columns.items():
        ids = np.where(later, UNSET, column.ids[sources].astype(np.int64))
        labels = column.labels
        if name == LEMMA:
            cut = np.zeros(len(later), dtype=bool)
            cut[:-1] = later[1:]
            rows = np.flatnonzero(cut | later)
            texts = batch.lexemes.texts(batch.lexeme_ids[rows])
            ids[rows] = len(labels) + np.arange(len(rows))
            labels = (*labels, *texts)
        batch.columns[name] = LabelColumn(ids, labels)
