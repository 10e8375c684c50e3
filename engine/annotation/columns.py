# SPDX-License-Identifier: Apache-2.0
"""The layers of a whole batch as JSON text: what `loops` write where, by the layout of `schemas`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import orjson

from schemas import AnnotationLayout

from ..doc.batch import Batch
from ..errors import EngineError
from .loops import NUMBER_STRIDE, STEP, Array, Numbers, Pieces, Template, Values, capacity, write

COLUMNS = ("tag", "pos", "morph", "lemma", "head", "dep")
"""The batch's own names of an annotation's token columns behind `start` and `end`, in the message's order;
`head` means `batch.heads`."""

TABLED_NUMBERS = 10_000
"""Offsets below this are copied from a table; most texts are shorter."""

LabelTable = tuple[str, tuple[str, ...]]


def encode_layers(
    batch: Batch,
    firsts: Sequence[bytes],
    lasts: Sequence[bytes],
    layout: AnnotationLayout,
    middle: Pieces | None = None,
) -> list[bytes]:
    """For each document one object: its first fields (an object), the layers of the batch, fields that were
    written before, if any, and its last fields with the closing brace."""
    present = [
        (name, key)
        for name, key in zip(COLUMNS, layout.columns, strict=True)
        if name in batch.columns or (name == "head" and batch.heads is not None)
    ]
    groups = sorted(batch.spans, key=lambda key: key != "ents")
    template = _template(
        layout,
        tuple((key, None if name == "head" else batch.columns[name].labels) for name, key in present),
        tuple((key, batch.spans[key].labels) for key in groups),
        batch.sent_starts is not None,
    )
    values = _values(batch, [name for name, _ in present], groups)
    before, after = pieces(firsts), pieces(lasts)
    between = middle or Pieces(_NO_BYTES, np.zeros(batch.n_docs + 1, dtype=np.int64))
    around = before.offsets[-1] + between.offsets[-1] + after.offsets[-1]
    out = np.empty(capacity(template, values, around), dtype=np.uint8)
    ends = np.empty(batch.n_docs, dtype=np.int64)
    write(out, ends, before, between, after, template, values)
    return documents_of(out, ends)


def documents_of(out: Array, ends: Array) -> list[bytes]:
    """The text of each document, of those that a loop wrote on end. Raises: EngineError where it wrote
    beyond."""
    view, bounds = out.data, [0, *ends.tolist()]
    if bounds[-1] > len(out) - STEP:
        raise EngineError(
            f"expected at most {len(out) - STEP} bytes of JSON, got {bounds[-1]}; this is a bug in Freshet"
        )
    return [bytes(view[start:end]) for start, end in pairwise(bounds)]


def pieces(parts: Sequence[bytes]) -> Pieces:
    """A table of these byte strings."""
    offsets = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, parts), dtype=np.int64, count=len(parts)), out=offsets[1:])
    return Pieces(np.frombuffer(b"".join((*parts, bytes(STEP))), dtype=np.uint8), offsets)


@lru_cache(maxsize=64)
def _template(
    layout: AnnotationLayout,
    columns: tuple[tuple[bytes, tuple[str, ...] | None], ...],
    groups: tuple[LabelTable, ...],
    sents: bool,
) -> Template:
    rows: list[bytes] = []
    tables = [_add(rows, labels, b",%b") for _, labels in columns]
    group_tables = [_add(rows, labels, layout.label) for _, labels in groups]
    keys = [layout.start, layout.end, *(key for key, _ in columns)]
    keys.append(layout.tokens_close + (layout.sents if sents else b""))
    keys += _group_keys([key for key, _ in groups], layout)
    bases, sizes = np.array(tables, dtype=np.int64).reshape(-1, 2).T.copy()
    group_bases, group_sizes = np.array(group_tables, dtype=np.int64).reshape(-1, 2).T.copy()
    return Template(
        pieces(keys),
        pieces((layout.span_start, layout.span_end, layout.span_close)),
        pieces(rows),
        _numbers(),
        bases,
        sizes,
        group_bases,
        group_sizes,
        sents,
    )


def _add(rows: list[bytes], labels: tuple[str, ...] | None, form: bytes) -> tuple[int, int]:
    """Add the pieces of one column, behind them that of no label; where they begin and how many labels there
    are."""
    if labels is None:
        return -1, 0
    base = len(rows)
    rows += [form % orjson.dumps(label) for label in labels]
    rows.append(form % b'""')
    return base, len(labels)


def _group_keys(groups: list[str], layout: AnnotationLayout) -> list[bytes]:
    """Keys of the span groups, of which all but `ents` stand inside `spans`, and what closes `spans`."""
    others = [key for key in groups if key != "ents"]
    inner = [(b"," if i else layout.spans) + orjson.dumps(key) + b":" for i, key in enumerate(others)]
    return [layout.ents] * (len(groups) - len(others)) + inner + [layout.spans_close if others else b""]


def _values(batch: Batch, columns: Sequence[str], groups: Sequence[str]) -> Values:
    stacked = np.empty((len(columns), batch.n_tokens), dtype=np.int32)
    for row, name in enumerate(columns):
        stacked[row] = batch.heads if name == "head" and batch.heads is not None else batch.columns[name].ids
    spans = [batch.spans[key] for key in groups]
    sents = batch.sent_starts
    group_offsets = np.zeros((len(spans), batch.n_docs + 1), dtype=np.int64)
    placed = 0
    for row, span in enumerate(spans):
        group_offsets[row] = span.doc_offsets
        group_offsets[row] += placed
        placed += len(span.starts)
    return Values(
        _as(batch.doc_offsets, np.int64),
        _as(batch.starts, np.int32),
        _as(batch.starts + batch.lengths, np.int32),
        stacked,
        _as(sents if sents is not None else _EMPTY, np.int8),
        group_offsets,
        *(_on_end([getattr(span, name) for span in spans]) for name in ("starts", "ends", "label_ids")),
    )


def _as(array: Array, dtype: Any) -> Array:
    # Writable as well: to the compiler a read-only array is another type, and compiling anew takes seconds.
    return np.require(array, dtype, ("C", "W"))


def _on_end(parts: Sequence[Array]) -> Array:
    """One 32-bit array of them all."""
    return _as(np.concatenate(parts) if len(parts) > 1 else parts[0] if parts else _EMPTY, np.int32)


_EMPTY: Array = np.zeros(0, dtype=np.int32)
_NO_BYTES: Array = np.frombuffer(bytes(STEP), dtype=np.uint8)


@lru_cache(maxsize=1)
def _numbers() -> Numbers:
    return number_table([b",%d" % number for number in range(TABLED_NUMBERS)])


def number_table(texts: Sequence[bytes]) -> Numbers:
    """A table of numbers, each with the comma before it, `NUMBER_STRIDE` bytes at most."""
    data = b"".join(text.ljust(NUMBER_STRIDE) for text in texts) + bytes(STEP)
    return Numbers(
        np.frombuffer(data, dtype=np.uint8), np.array([len(text) for text in texts], dtype=np.uint8)
    )
