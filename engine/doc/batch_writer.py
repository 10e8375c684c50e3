# SPDX-License-Identifier: Apache-2.0
"""Writing single values into the columns of a batch, one document's at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from .batch import UNSET, Batch, IntArray, LabelColumn, SpanColumn
from .biluo import MISSING

MORPH, ENTS, ENT_ID, ENT_KB_ID = "morph", "ents", "ent_id", "ent_kb_id"


class SpanValue(NamedTuple):
    """A labelled span of tokens of a document, and its ids."""

    start: int
    end: int
    label: str
    kb_id: str = ""
    id: str = ""


class BatchWriter:
    """Writes values into a batch of several documents, in arrays of its own.

    Arrays that components left may be shared with others: each is copied before the first value is written,
    and again where a component put another one in its place. Where a layer is new, the other documents of the
    batch say of it that nothing is known.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._labels: dict[str, tuple[LabelColumn, dict[str, int]]] = {}
        self._own: dict[str, Any] = {}

    def set_label(self, name: str, row: int, label: str | None) -> None:
        """Set a token's value in a label column; None, and outside of `morph` an empty one, is unset."""
        column, places = self._label_column(name)
        column.ids[row] = self._label_id(name, column, places, label)

    def set_labels(self, name: str, rows: slice, labels: Sequence[str | None]) -> None:
        """Set the values of consecutive tokens in a label column."""
        column, places = self._label_column(name)
        column.ids[rows] = [self._label_id(name, column, places, label) for label in labels]

    def set_heads(self, rows: slice, heads: Sequence[int]) -> None:
        """Set heads of consecutive tokens, by their positions within the document."""
        batch = self.batch
        if self._own.get("heads") is not batch.heads or batch.heads is None:
            own = _positions(batch) if batch.heads is None else batch.heads.astype(np.int32)
            self._own["heads"] = batch.heads = own
        batch.heads[rows] = heads

    def set_sent_starts(self, rows: slice, values: Sequence[int]) -> None:
        """Set sentence starts of consecutive tokens."""
        batch = self.batch
        if self._own.get("sents") is not batch.sent_starts or batch.sent_starts is None:
            known = batch.sent_starts
            own = np.zeros(batch.n_tokens, dtype=np.int8) if known is None else known.astype(np.int8)
            self._own["sents"] = batch.sent_starts = own
        batch.sent_starts[rows] = values

    def set_lexemes(self, rows: slice, ids: Sequence[int]) -> None:
        """Set the lexemes of consecutive tokens, which have the same texts as before."""
        batch = self.batch
        if self._own.get("lexemes") is not batch.lexeme_ids:
            self._own["lexemes"] = batch.lexeme_ids = batch.lexeme_ids.copy()
        batch.lexeme_ids[rows] = ids

    def set_spans(self, key: str, doc: int, spans: Sequence[SpanValue], *, entity_ids: bool = True) -> None:
        """Set a document's spans of a group, in the given order, and the ids of entities, which are columns
        of tokens, unless these stay as they are."""
        batch = self.batch
        column = batch.spans.get(key)
        if column is None:
            column = self._unknown_ents() if key == ENTS else _no_spans(batch.n_docs)
        batch.spans[key] = _with_spans(column, doc, spans, with_ids=key != ENTS)
        if key == ENTS and entity_ids:
            self._set_entity_ids(doc, spans)

    def delete_spans(self, key: str, doc: int) -> None:
        """Take a group out of a document; out of the batch where no other has it."""
        batch = self.batch
        left = _with_spans(batch.spans[key], doc, (), with_ids=key != ENTS)
        if len(left.starts):
            batch.spans[key] = left
        else:
            del batch.spans[key]

    def set_cats(self, doc: int, cats: Mapping[str, float]) -> None:
        """Set the scores of a document's categories; those that are not named have none."""
        batch, known = self.batch, {}
        for label in dict.fromkeys((*batch.cats, *cats)):
            values = batch.cats.get(label)
            column = np.full(batch.n_docs, np.nan) if values is None else values.astype(np.float64)
            column[doc] = cats.get(label, np.nan)
            if label in cats or not np.isnan(column).all():
                known[label] = column
        batch.cats = known

    def _label_column(self, name: str) -> tuple[LabelColumn, dict[str, int]]:
        batch = self.batch
        column = batch.columns.get(name)
        known = self._labels.get(name)
        if known is None or known[0] is not column:
            ids = np.full(batch.n_tokens, UNSET, dtype=np.int64)
            labels: tuple[str, ...] = ("",) if name == MORPH else ()
            if column is not None:
                ids[:], labels = column.ids, column.labels
                if name == MORPH and "" not in labels:
                    ids[ids < 0] = len(labels)
                    labels = (*labels, "")
            column = batch.columns[name] = LabelColumn(ids, labels)
            known = self._labels[name] = column, {label: i for i, label in enumerate(labels)}
        return known

    def _label_id(self, name: str, column: LabelColumn, places: dict[str, int], label: str | None) -> int:
        if label is None or (not label and name != MORPH):
            return UNSET
        number = places.get(label)
        if number is None:
            number = places[label] = len(column.labels)
            column.labels = (*column.labels, label)
        return number

    def _unknown_ents(self) -> SpanColumn:
        """Entities of which nothing is known: all tokens of all documents."""
        sizes = np.diff(self.batch.doc_offsets)
        some = sizes > 0
        offsets = np.concatenate([[0], np.cumsum(some)]).astype(np.int64)
        n = int(some.sum())
        zeros = np.zeros(n, dtype=np.int32)
        return SpanColumn(offsets, zeros, sizes[some].astype(np.int32), zeros.copy(), (MISSING,))

    def _set_entity_ids(self, doc: int, spans: Sequence[SpanValue]) -> None:
        rows = self.batch.rows(doc)
        for name, place in ((ENT_KB_ID, 3), (ENT_ID, 4)):
            if name not in self.batch.columns and not any(span[place] for span in spans):
                continue
            labels: list[str | None] = [None] * (rows.stop - rows.start)
            for span in spans:
                labels[span.start : span.end] = [str(span[place])] * (span.end - span.start)
            self.set_labels(name, rows, labels)


def writer_of(batch: Batch) -> BatchWriter:
    """The writer of a batch, a new one where it has none."""
    if batch.writer is None:
        batch.writer = BatchWriter(batch)
    return batch.writer


def _positions(batch: Batch) -> IntArray:
    sizes = np.diff(batch.doc_offsets)
    firsts = np.repeat(batch.doc_offsets[:-1], sizes)
    positions: IntArray = (np.arange(batch.n_tokens) - firsts).astype(np.int32)
    return positions


def _no_spans(n_docs: int) -> SpanColumn:
    nothing = np.zeros(0, dtype=np.int32)
    return SpanColumn(np.zeros(n_docs + 1, dtype=np.int64), nothing, nothing, nothing, ())


def _with_spans(column: SpanColumn, doc: int, spans: Sequence[SpanValue], *, with_ids: bool) -> SpanColumn:
    """The column with other spans of one document."""
    place = column.rows(doc)
    offsets = column.doc_offsets.copy()
    offsets[doc + 1 :] += len(spans) - (place.stop - place.start)
    named = _put_labels(LabelColumn(column.label_ids, column.labels), place, [span.label for span in spans])
    unscored = [np.nan] * len(spans)
    return replace(
        column,
        doc_offsets=offsets,
        starts=_put(column.starts, place, [span.start for span in spans]),
        ends=_put(column.ends, place, [span.end for span in spans]),
        label_ids=named.ids,
        labels=named.labels,
        scores=None if column.scores is None else _put(column.scores, place, unscored),
        ids=_put_ids(column, column.ids, place, [span.id for span in spans]) if with_ids else column.ids,
        kb_ids=_put_ids(column, column.kb_ids, place, [span.kb_id for span in spans]) if with_ids else None,
    )


def _put(array: Any, place: slice, values: Sequence[Any]) -> Any:
    dtype = np.int64 if array.dtype.kind == "i" else array.dtype
    return np.concatenate([array[: place.start], np.array(values, dtype=dtype), array[place.stop :]])


def _put_labels(column: LabelColumn, place: slice, values: Sequence[str]) -> LabelColumn:
    fresh = (value for value in dict.fromkeys(values) if value not in column.labels)
    labels = (*column.labels, *fresh)
    places = {label: i for i, label in enumerate(labels)}
    return LabelColumn(_put(column.ids, place, [places[value] for value in values]), labels)


def _put_ids(
    column: SpanColumn, ids: LabelColumn | None, place: slice, values: Sequence[str]
) -> LabelColumn | None:
    """Ids of the spans; none where no span has one."""
    if ids is None and not any(values):
        return None
    known = LabelColumn(np.full(len(column.starts), UNSET, dtype=np.int64), ()) if ids is None else ids
    return _put_labels(known, place, values)
