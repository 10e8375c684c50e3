# SPDX-License-Identifier: Apache-2.0
"""Stretches of documents as documents of their own."""

from __future__ import annotations

import numpy as np

from .batch import Batch, IntArray, LabelColumn


def cut_out(batch: Batch, stretches: IntArray) -> tuple[Batch, IntArray]:
    """A batch whose documents are these rows of another one, with its token columns, sentence starts and
    vectors, and the row that each token comes from. Spans and trees stay behind.

    Shape: stretches `(n, 2)`, first row and end, at least one token each, each within one document.
    """
    lengths = stretches[:, 1] - stretches[:, 0]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = np.repeat(stretches[:, 0] - offsets[:-1], lengths) + np.arange(int(offsets[-1]))
    docs = np.searchsorted(batch.doc_offsets, stretches[:, 0], side="right") - 1
    starts, lengths_of = batch.starts[rows], batch.lengths[rows]
    first_chars = starts[offsets[:-1]] if len(docs) else np.zeros(0, dtype=np.int64)
    last = rows[offsets[1:] - 1] if len(docs) else rows
    end_chars = batch.starts[last] + batch.lengths[last] + batch.spaces[last]
    texts = [
        batch.texts[doc][start:end]
        for doc, start, end in zip(docs.tolist(), first_chars.tolist(), end_chars.tolist(), strict=True)
    ]
    part = Batch(
        texts,
        offsets,
        batch.lexeme_ids[rows],
        starts - np.repeat(first_chars, lengths),
        lengths_of,
        batch.spaces[rows],
        batch.lexemes,
        {name: LabelColumn(column.ids[rows], column.labels) for name, column in batch.columns.items()},
    )
    part.sent_starts = None if batch.sent_starts is None else batch.sent_starts[rows]
    part.vectors = {name: vectors[rows] for name, vectors in batch.vectors.items()}
    part.pieces = {name: pieces[rows] for name, pieces in batch.pieces.items()}
    return part, rows
