# SPDX-License-Identifier: Apache-2.0
"""Reading and writing spans of a batch one document at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..doc.batch import UNSET, Batch, LabelColumn, SpanColumn
from ..errors import ComponentError
from .span_filters import RuleSpan

ENTS = "ents"
ENT_ID, KB_ID = "ent_id", "ent_kb_id"
"""Columns of tokens that hold the ids of entities."""


def checked_key(name: str, spans_key: str) -> str:
    """The key of a component's group. Raises: EngineError where entities have it."""
    if spans_key == ENTS:
        raise ComponentError(
            f"expected another spans_key of {name!r} than {ENTS!r}, under which entities are kept; give "
            "the group its own"
        )
    return spans_key


def entities(batch: Batch, doc: int) -> list[RuleSpan]:
    """Entities of one document, with their ids."""
    spans = spans_of(batch, ENTS, doc)
    ids, kb_ids = batch.columns.get(ENT_ID), batch.columns.get(KB_ID)
    first = batch.rows(doc).start
    return [s._replace(id=_at(ids, first + s.start), kb_id=_at(kb_ids, first + s.start)) for s in spans]


def spans_of(batch: Batch, key: str, doc: int) -> list[RuleSpan]:
    """Spans of a group in one document."""
    column = batch.spans.get(key)
    if column is None:
        return []
    spans, rows = column.of(doc), column.rows(doc)
    ids = [""] * len(spans) if column.ids is None else column.ids.strings(rows.start, rows.stop)
    return [RuleSpan(*span, id) for span, id in zip(spans, ids, strict=True)]


def write_entities(batch: Batch, changed: Mapping[int, Sequence[RuleSpan]]) -> None:
    """Set the entities of some documents, with their ids; those of all others stay.

    As in spaCy, tokens keep the id of a rule until another one gives them its own: an entity without
    an id that comes where one had been has that one's.
    """
    ordered = {doc: sorted(spans, key=lambda span: span.start) for doc, spans in changed.items()}
    _write_ids(batch, ordered, KB_ID, {doc: [span.kb_id for span in spans] for doc, spans in ordered.items()})
    _write_ids(batch, ordered, ENT_ID, {doc: [span.id for span in spans] for doc, spans in ordered.items()})
    batch.spans[ENTS] = _column(batch, [ordered.get(doc) for doc in range(batch.n_docs)], ENTS)


def write_spans(batch: Batch, key: str, changed: Mapping[int, Sequence[RuleSpan]]) -> None:
    """Set a group of spans of some documents, with their ids; those of all others stay."""
    batch.spans[key] = _column(batch, [changed.get(doc) for doc in range(batch.n_docs)], key)


def _column(batch: Batch, changed: Sequence[Sequence[RuleSpan] | None], key: str) -> SpanColumn:
    old = batch.spans.get(key)
    if old is not None and all(spans is None for spans in changed):
        return old
    docs = [spans_of(batch, key, doc) if spans is None else spans for doc, spans in enumerate(changed)]
    offsets = np.cumsum([0, *map(len, docs)], dtype=np.int64)
    flat = [span for spans in docs for span in spans]
    label_ids, labels = _number_labels(span.label for span in flat)
    starts = np.array([span.start for span in flat], dtype=np.int32)
    ends = np.array([span.end for span in flat], dtype=np.int32)
    ids = (
        LabelColumn(*_number_labels(span.id for span in flat))
        if key != ENTS and any(span.id for span in flat)
        else None
    )
    return SpanColumn(offsets, starts, ends, label_ids, labels, ids)


def _number_labels(
    texts: Iterable[str],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], tuple[str, ...]]:
    numbers: dict[str, int] = {}
    ids = [numbers.setdefault(text, len(numbers)) for text in texts]
    return np.array(ids, dtype=np.int32), tuple(numbers)


def _write_ids(
    batch: Batch, spans: Mapping[int, Sequence[RuleSpan]], name: str, ids: Mapping[int, Sequence[str]]
) -> None:
    """Ids onto the tokens of entities; an empty one takes away an id of a knowledge base, but not one of a
    rule."""
    old = batch.columns.get(name)
    if old is None and not any(text for texts in ids.values() for text in texts):
        return
    labels = {label: i for i, label in reversed(list(enumerate(old.labels)))} if old is not None else {}
    column = np.full(batch.n_tokens, UNSET, dtype=np.int64) if old is None else old.ids.astype(np.int64)
    n_labels = 0 if old is None else len(old.labels)
    added: list[str] = []
    for doc, texts in ids.items():
        first = batch.rows(doc).start
        for span, text in zip(spans[doc], texts, strict=True):
            if text and text not in labels:
                labels[text] = n_labels + len(added)
                added.append(text)
            if text or name == KB_ID:
                column[first + span.start : first + span.end] = labels[text] if text else UNSET
    batch.columns[name] = LabelColumn(column, (*(old.labels if old is not None else ()), *added))


def _at(column: LabelColumn | None, row: int) -> str:
    return "" if column is None else column.strings(row, row + 1)[0]
