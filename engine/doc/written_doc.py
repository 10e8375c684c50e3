# SPDX-License-Identifier: Apache-2.0
"""One document of a batch as a map of plain values, with all that is known of it, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import DocError
from ..vocab.lexemes import LexemeTable
from .batch import UNSET, Batch, LabelColumn
from .batch_writer import SpanValue, writer_of
from .doc_state import state_of, written_attrs
from .words import batch_of_words

VERSION = 1


def map_of_batch(batch: Batch, doc: int) -> dict[str, Any]:
    """A document's words, blanks, norms, columns, tree, spans and categories."""
    rows = batch.rows(doc)
    ids = batch.lexeme_ids[rows]
    state = state_of(batch, doc)
    data: dict[str, Any] = {
        "version": VERSION,
        "text": batch.texts[doc],
        "words": batch.lexemes.texts(ids),
        "spaces": batch.spaces[rows].astype(bool).tolist(),
        "norms": batch.lexemes.norms(ids),
        "columns": {name: _strings(column, rows) for name, column in batch.columns.items()},
        "spans": {key: _spans(batch, key, doc) for key in batch.spans},
        "cats": {label: float(s[doc]) for label, s in batch.cats.items() if s[doc] == s[doc]},
        "group_attrs": {key: written_attrs(attrs) for key, attrs in state.group_attrs.items()},
        "sentiment": state.sentiment,
        "has_unknown_spaces": state.has_unknown_spaces,
    }
    if batch.sent_starts is not None:
        data["sent_starts"] = batch.sent_starts[rows].tolist()
    if batch.heads is not None:
        data["heads"] = batch.heads[rows].tolist()
    return data


def batch_of_map(data: Mapping[str, Any], lexemes: LexemeTable) -> Batch:
    """A batch of the one document that a map holds. Raises: DocError where it holds none."""
    try:
        return _read(data, lexemes)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise DocError(
            f"expected what Doc.to_dict gave, got {type(error).__name__}: {error}; write the document again"
        ) from error


def _read(data: Mapping[str, Any], lexemes: LexemeTable) -> Batch:
    words = data["words"]
    batch = batch_of_words(lexemes, words, data["spaces"])
    norms = [
        norm if norm != known else None
        for norm, known in zip(data["norms"], lexemes.norms(batch.lexeme_ids), strict=True)
    ]
    if any(norm is not None for norm in norms):
        batch.lexeme_ids = np.array(lexemes.add_many(words, norms), dtype=np.int32)
    writer = writer_of(batch)
    for key, spans in data.get("spans", {}).items():
        writer.set_spans(key, 0, [SpanValue(*span) for span in spans])
    for name, values in data["columns"].items():  # behind the spans: ids of entities are columns
        batch.columns[name] = _column(values)
    writer.set_cats(0, data.get("cats", {}))
    rows = slice(0, len(words))
    if "sent_starts" in data:
        writer.set_sent_starts(rows, data["sent_starts"])
    if "heads" in data:
        writer.set_heads(rows, data["heads"])
    state = state_of(batch, 0)
    state.group_attrs = {key: dict(attrs) for key, attrs in data["group_attrs"].items()}
    state.sentiment = data.get("sentiment", 0.0)
    state.has_unknown_spaces = data["has_unknown_spaces"]
    return batch


def _strings(column: LabelColumn, rows: slice) -> list[str | None]:
    """Labels of tokens, None where unset; where the column does not say so itself, in `morph`, by its first
    value."""
    values = [column.labels[i] if i >= 0 else None for i in column.ids[rows].tolist()]
    return [*values, "" if "" in column.labels else None]


def _column(values: Sequence[str | None]) -> LabelColumn:
    labels = tuple(dict.fromkeys(value for value in values if value is not None))
    places = {label: i for i, label in enumerate(labels)}
    return LabelColumn(
        np.array([UNSET if value is None else places[value] for value in values[:-1]], dtype=np.int64), labels
    )


def _spans(batch: Batch, key: str, doc: int) -> list[list[Any]]:
    column = batch.spans[key]
    rows = column.rows(doc)
    n = rows.stop - rows.start
    ids = [
        each.strings(rows.start, rows.stop) if each is not None else [""] * n
        for each in (column.kb_ids, column.ids)
    ]
    return [[*span, kb_id, own] for span, kb_id, own in zip(column.of(doc), *ids, strict=True)]
