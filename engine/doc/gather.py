# SPDX-License-Identifier: Apache-2.0
"""Documents of several batches as one batch, with all their layers; parts of documents; several as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .batch import UNSET, Batch, IntArray, LabelColumn, SpanColumn, join
from .batch_writer import ENTS, MORPH
from .biluo import MISSING

TORN = "dep"
"""Label of an arc whose head was left behind."""

Part = tuple[Batch, int]
"""A batch, and which of its documents."""


def gather(parts: Sequence[Part]) -> Batch:
    """One batch of the given documents, in that order, with all that is known of them.

    A layer that some lack is unknown of these. What people keep with a document is the same value on both
    sides.
    Raises: ValueError where there is no document, or their lexeme tables have other norms.
    """
    out = join(parts)
    batches = [batch for batch, _ in parts]
    for name in dict.fromkeys(name for batch in batches for name in batch.columns):
        out.columns[name] = _column(parts, name)
    for key in dict.fromkeys(key for batch in batches for key in batch.spans):
        out.spans[key] = _spans(parts, key)
    for label in dict.fromkeys(label for batch in batches for label in batch.cats):
        scores = [b.cats[label][d] if label in b.cats else np.nan for b, d in parts]
        out.cats[label] = np.array(scores, dtype=np.result_type(*_score_types(batches, label)))
    if any(batch.sent_starts is not None for batch in batches):
        out.sent_starts = np.concatenate([_rows(b.sent_starts, b, d, 0) for b, d in parts]).astype(np.int8)
    if any(batch.heads is not None for batch in batches):
        out.heads = np.concatenate([_rows(b.heads, b, d, None) for b, d in parts]).astype(np.int32)
    for name in set.intersection(*(set(batch.vectors) for batch in batches)):
        out.vectors[name] = np.concatenate([b.vectors[name][b.rows(d)] for b, d in parts])
    for name in set.intersection(*(set(batch.pieces) for batch in batches)):
        out.pieces[name] = batches[0].pieces[name].joined([(b.pieces[name], b, d) for b, d in parts])
    states = {i: b.states[d] for i, (b, d) in enumerate(parts) if b.states and d in b.states}
    out.states = states or None
    out.names_all_cats = all(batch.names_all_cats for batch in batches)
    if any(batch.adapters is not None for batch in batches):
        out.adapters = [None if b.adapters is None else b.adapters[d] for b, d in parts]
    return out


def part_of(batch: Batch, doc: int, start: int, end: int) -> Batch:
    """The tokens `start:end` of a document as a document of its own; tokens with a head outside become
    roots."""
    whole = gather([(batch, doc)])
    rows = slice(start, end)
    first = int(whole.starts[start]) if end > start else 0
    last = int(whole.starts[end - 1] + whole.lengths[end - 1] + whole.spaces[end - 1]) if end > start else 0
    out = Batch(
        [whole.texts[0][first:last]],
        np.array([0, end - start], dtype=np.int64),
        whole.lexeme_ids[rows],
        (whole.starts[rows] - first).astype(np.int32),
        whole.lengths[rows],
        whole.spaces[rows],
        whole.lexemes,
    )
    out.columns = {name: replace(column, ids=column.ids[rows]) for name, column in whole.columns.items()}
    out.spans = {key: _inner_spans(column, start, end) for key, column in whole.spans.items()}
    out.cats = dict(whole.cats)
    if whole.sent_starts is not None:
        out.sent_starts = whole.sent_starts[rows].copy()
    if whole.heads is not None:
        heads, places = whole.heads[rows] - start, np.arange(end - start, dtype=np.int32)
        outside = (heads < 0) | (heads >= end - start)
        out.heads = np.where(outside, places, heads).astype(np.int32)
        _name_torn_arcs(out, outside)
    out.vectors = {name: rows_of[rows] for name, rows_of in whole.vectors.items()}
    out.pieces = {name: rows_of[rows] for name, rows_of in whole.pieces.items()}
    return out


def _name_torn_arcs(batch: Batch, torn: IntArray) -> None:
    """Give arcs that lost their head the label of an arc of which no more is known, as spaCy does."""
    column = batch.columns.get("dep")
    if column is not None and torn.any():
        ids = np.where(torn & (column.ids >= 0), len(column.labels), column.ids)
        batch.columns["dep"] = LabelColumn(ids, (*column.labels, TORN))


def as_one(batch: Batch, texts_between: Sequence[str]) -> Batch:
    """All documents of a batch as one; `texts_between` says what stands behind each one's text, where that is
    not what its last token says: one blank or nothing."""
    sizes = np.diff(batch.doc_offsets)
    first_chars = np.concatenate(
        [[0], np.cumsum([len(t) + len(b) for t, b in zip(batch.texts, texts_between, strict=True)])]
    )
    base = np.repeat(batch.doc_offsets[:-1], sizes)
    spaces = batch.spaces.copy()
    for doc, between in enumerate(texts_between):
        if between and sizes[doc]:
            spaces[batch.doc_offsets[doc + 1] - 1] = 1
    out = Batch(
        ["".join(text + between for text, between in zip(batch.texts, texts_between, strict=True))],
        np.array([0, batch.n_tokens], dtype=np.int64),
        batch.lexeme_ids,
        (batch.starts + np.repeat(first_chars[:-1], sizes)).astype(np.int32),
        batch.lengths,
        spaces,
        batch.lexemes,
        columns=dict(batch.columns),
    )
    for key, column in batch.spans.items():
        shift = np.repeat(batch.doc_offsets[:-1], np.diff(column.doc_offsets))
        starts, ends = column.starts + shift, column.ends + shift
        out.spans[key] = replace(column, doc_offsets=np.array([0, len(starts)]), starts=starts, ends=ends)
    if batch.sent_starts is not None:
        out.sent_starts = batch.sent_starts
    if batch.heads is not None:
        out.heads = (batch.heads + base).astype(np.int32)
    out.vectors = dict(batch.vectors)
    out.pieces = dict(batch.pieces)
    return out


def _column(parts: Sequence[Part], name: str) -> LabelColumn:
    """The labels of all columns on end, and ids into them."""
    firsts: dict[int, int] = {}
    labels: list[str] = []
    ids: list[IntArray] = []
    says_empty = name == MORPH and any(
        name not in batch.columns or "" in batch.columns[name].labels for batch, _ in parts
    )
    for batch, doc in parts:
        rows = batch.rows(doc)
        column = batch.columns.get(name)
        if column is None:
            ids.append(np.full(rows.stop - rows.start, UNSET, dtype=np.int64))
            continue
        if id(column) not in firsts:
            firsts[id(column)] = len(labels)
            labels += column.labels
            if says_empty and "" not in column.labels:
                labels.append("")
        own, first = column.ids[rows].astype(np.int64), firsts[id(column)]
        unset = first + len(column.labels) if says_empty and "" not in column.labels else UNSET
        ids.append(np.where(own < 0, unset, own + first))
    if says_empty and "" not in labels:
        labels.append("")
    return LabelColumn(np.concatenate(ids), tuple(labels))


def _spans(parts: Sequence[Part], key: str) -> SpanColumn:
    """The spans of a group of all documents; of one without the group nothing is known."""
    pieces = [_piece(batch, doc, key) for batch, doc in parts]
    labels = tuple(dict.fromkeys(label for piece in pieces for label in piece[2]))
    places = {label: i for i, label in enumerate(labels)}
    sizes = [len(piece[0]) for piece in pieces]
    scored = any(piece[3] is not None for piece in pieces)
    return SpanColumn(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.concatenate([piece[0] for piece in pieces]),
        np.concatenate([piece[1] for piece in pieces]),
        np.array([places[label] for piece in pieces for label in piece[2]], dtype=np.int64),
        labels,
        _ids([piece[4] for piece in pieces], sizes),
        np.concatenate(
            [
                np.full(n, np.nan, dtype=np.float32) if p[3] is None else p[3]
                for p, n in zip(pieces, sizes, strict=True)
            ]
        )
        if scored
        else None,
        _ids([piece[5] for piece in pieces], sizes),
    )


def _piece(batch: Batch, doc: int, key: str) -> tuple[Any, ...]:
    """Starts, ends, labels, scores, ids and ids of a knowledge base of a document's spans."""
    column = batch.spans.get(key)
    if column is None:
        n = int(batch.doc_offsets[doc + 1] - batch.doc_offsets[doc])
        unknown = key == ENTS and n > 0
        bounds = (np.zeros(1, dtype=np.int64), np.array([n])) if unknown else (np.zeros(0, np.int64),) * 2
        return (*bounds, [MISSING] * unknown, None, None, None)
    rows = column.rows(doc)
    ids = [each and each.strings(rows.start, rows.stop) for each in (column.ids, column.kb_ids)]
    scores = None if column.scores is None else column.scores[rows]
    return (column.starts[rows], column.ends[rows], column.labels_of(doc), scores, *ids)


def _ids(pieces: Sequence[Sequence[str] | None], sizes: Sequence[int]) -> LabelColumn | None:
    if all(piece is None for piece in pieces):
        return None
    texts = [
        t for piece, n in zip(pieces, sizes, strict=True) for t in (piece if piece is not None else [""] * n)
    ]
    labels = tuple(dict.fromkeys(texts))
    places = {label: i for i, label in enumerate(labels)}
    return LabelColumn(np.array([places[text] for text in texts], dtype=np.int64), labels)


def _inner_spans(column: SpanColumn, start: int, end: int) -> SpanColumn:
    """The spans, of a batch of one document, that lie wholly within its tokens `start:end`."""
    inside = (column.starts >= start) & (column.ends <= end)
    cut = [
        None if each is None else replace(each, ids=each.ids[inside]) for each in (column.ids, column.kb_ids)
    ]
    return SpanColumn(
        np.array([0, int(inside.sum())], dtype=np.int64),
        column.starts[inside] - start,
        column.ends[inside] - start,
        column.label_ids[inside],
        column.labels,
        cut[0],
        None if column.scores is None else column.scores[inside],
        cut[1],
    )


def _rows(array: IntArray | None, batch: Batch, doc: int, unset: int | None) -> IntArray:
    rows = batch.rows(doc)
    if array is not None:
        return array[rows]
    n = rows.stop - rows.start
    return np.arange(n) if unset is None else np.full(n, unset)


def _score_types(batches: Sequence[Batch], label: str) -> list[Any]:
    return [batch.cats[label].dtype for batch in batches if label in batch.cats]
