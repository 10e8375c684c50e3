# SPDX-License-Identifier: Apache-2.0
"""One document of a batch as a batch of its own, and such batches as one again, with all their layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from .batch import UNSET, Batch, LabelColumn, SpanColumn, join

Array = npt.NDArray[Any]
Part = tuple[Batch, int]
"""A batch, and the index of one of its documents."""


def part_of(batch: Batch, doc: int) -> Batch:
    """A copy of one document, alone in its batch, with all that is known of it."""
    rows = batch.rows(doc)
    ids, starts, lengths, spaces = (
        array[rows].copy() for array in (batch.lexeme_ids, batch.starts, batch.lengths, batch.spaces)
    )
    part = Batch(
        [batch.texts[doc]],
        np.array([0, rows.stop - rows.start], dtype=np.int64),
        ids,
        starts,
        lengths,
        spaces,
        batch.lexemes,
        {name: LabelColumn(column.ids[rows].copy(), column.labels) for name, column in batch.columns.items()},
        {key: _spans_of(column, doc) for key, column in batch.spans.items()},
        {label: scores[doc : doc + 1].copy() for label, scores in batch.cats.items()},
        names_all_cats=batch.names_all_cats,
    )
    part.sent_starts = None if batch.sent_starts is None else batch.sent_starts[rows].copy()
    part.heads = None if batch.heads is None else batch.heads[rows].copy()
    part.vectors = {name: vectors[rows].copy() for name, vectors in batch.vectors.items()}
    if batch.surprises is not None:
        part.surprises = {
            layer: values[rows if len(values) == batch.n_tokens else slice(doc, doc + 1)].copy()
            for layer, values in batch.surprises.items()
        }
    return part


def join_layers(parts: Sequence[Part]) -> Batch:
    """One batch of documents of several, with all their layers; what only some of them have is unset for the
    others.

    Raises: ValueError where there is no document, or lexemes mean different things.
    """
    whole = join(parts)
    whole.columns = {name: _join_columns(parts, name) for name in _names(parts, "columns")}
    whole.spans = {key: _join_spans(parts, key) for key in _names(parts, "spans")}
    whole.cats = {label: _join_cats(parts, label) for label in _names(parts, "cats")}
    whole.sent_starts = _join_rows(parts, "sent_starts", lambda size: np.zeros(size, dtype=np.int8))
    whole.heads = _join_rows(parts, "heads", lambda size: np.arange(size, dtype=np.int32))
    whole.vectors = _join_vectors(parts)
    whole.names_all_cats = all(batch.names_all_cats for batch, _ in parts)
    if any(batch.surprises is not None for batch, _ in parts):
        whole.surprises = _join_surprises(parts)
    return whole


def take_over(batch: Batch, other: Batch) -> None:
    """Make a batch, in place, what another one is; what heads sent back for its shared vectors stays."""
    for each in fields(Batch):
        if each.name != "grads":
            setattr(batch, each.name, getattr(other, each.name))


def _names(parts: Sequence[Part], layer: str) -> list[str]:
    return list(dict.fromkeys(name for batch, _ in parts for name in getattr(batch, layer)))


def _size(part: Part) -> int:
    batch, doc = part
    return int(batch.doc_offsets[doc + 1] - batch.doc_offsets[doc])


def _spans_of(column: SpanColumn, doc: int) -> SpanColumn:
    rows = column.rows(doc)
    return SpanColumn(
        np.array([0, rows.stop - rows.start], dtype=np.int64),
        column.starts[rows].copy(),
        column.ends[rows].copy(),
        column.label_ids[rows].copy(),
        column.labels,
        None if column.ids is None else LabelColumn(column.ids.ids[rows].copy(), column.ids.labels),
        None if column.scores is None else column.scores[rows].copy(),
    )


def _join_columns(parts: Sequence[Part], name: str) -> LabelColumn:
    columns: list[tuple[Array, tuple[str, ...]]] = []
    for part in parts:
        column = part[0].columns.get(name)
        columns.append(
            (np.full(_size(part), UNSET, dtype=np.int32), ())
            if column is None
            else (column.ids[part[0].rows(part[1])], column.labels)
        )
    return _join_labels(columns)


def _join_labels(columns: Sequence[tuple[Array, tuple[str, ...]]]) -> LabelColumn:
    """Ids with the labels that they mean, in one; labels that several share stand there once."""
    places: dict[tuple[str, ...], int] = {}
    labels: list[str] = []
    moved = []
    for ids, own in columns:
        if own not in places:
            places[own] = len(labels)
            labels += own
        wide = ids.astype(np.int32)
        moved.append(np.where(wide >= 0, wide + places[own], wide))
    return LabelColumn(np.concatenate(moved), tuple(labels))


def _join_spans(parts: Sequence[Part], key: str) -> SpanColumn:
    columns = [_spans_of(batch.spans[key], doc) for batch, doc in parts if key in batch.spans]
    sizes = [len(_rows_of(part, key)) for part in parts]
    labels = _join_labels([(column.label_ids, column.labels) for column in columns])
    some_ids = any(column.ids is not None for column in columns)
    some_scores = any(column.scores is not None for column in columns)
    return SpanColumn(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.concatenate([column.starts for column in columns]),
        np.concatenate([column.ends for column in columns]),
        labels.ids,
        labels.labels,
        _join_labels([_ids_of(column) for column in columns]) if some_ids else None,
        np.concatenate([_scores_of(column) for column in columns]) if some_scores else None,
    )


def _rows_of(part: Part, key: str) -> range:
    batch, doc = part
    if key not in batch.spans:
        return range(0)
    rows = batch.spans[key].rows(doc)
    return range(rows.start, rows.stop)


def _ids_of(column: SpanColumn) -> tuple[Array, tuple[str, ...]]:
    if column.ids is None:
        return np.full(len(column.starts), UNSET, dtype=np.int32), ()
    return column.ids.ids, column.ids.labels


def _scores_of(column: SpanColumn) -> Array:
    return np.ones(len(column.starts), dtype=np.float32) if column.scores is None else column.scores


def _join_cats(parts: Sequence[Part], label: str) -> npt.NDArray[np.float32]:
    scores = [batch.cats[label][doc] if label in batch.cats else np.nan for batch, doc in parts]
    return np.array(scores, dtype=np.float32)


def _join_rows(parts: Sequence[Part], name: str, unset: Any) -> Any:
    """A row a token; None where no document has the layer."""
    if all(getattr(batch, name) is None for batch, _ in parts):
        return None
    return np.concatenate(
        [
            unset(_size((batch, doc)))
            if getattr(batch, name) is None
            else getattr(batch, name)[batch.rows(doc)]
            for batch, doc in parts
        ]
    )


def _join_vectors(parts: Sequence[Part]) -> dict[str, Array]:
    """Shared vectors that all documents have."""
    common = [name for name in _names(parts, "vectors") if all(name in batch.vectors for batch, _ in parts)]
    return {
        name: np.concatenate([batch.vectors[name][batch.rows(doc)] for batch, doc in parts])
        for name in common
    }


def _join_surprises(parts: Sequence[Part]) -> dict[str, Array]:
    """How sure the heads were, by layer, of the layers of which all documents know it."""
    tables = [batch.surprises or {} for batch, _ in parts]
    joined = {}
    for layer in dict.fromkeys(layer for table in tables for layer in table):
        if all(layer in table for table in tables):
            joined[layer] = np.concatenate(
                [
                    values[batch.rows(doc) if len(values) == batch.n_tokens else slice(doc, doc + 1)]
                    for (batch, doc), values in zip(parts, (t[layer] for t in tables), strict=True)
                ]
            )
    return joined
