# SPDX-License-Identifier: Apache-2.0
"""How sure a pipeline is of each document, as JSON text with four decimals."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import orjson

from schemas import AnnotationLayout

from ..confidence import Confidences
from .columns import documents_of, number_table, pieces
from .loops import Array, Lists, Numbers, Pieces, lists_capacity, write_lists

DECIMALS = 4
UNIT = 10**DECIMALS


def encode_confidences(confidences: Confidences, layout: AnnotationLayout) -> list[bytes]:
    """For each document the field of its confidence, with the comma before it."""
    if confidences.cats is None:
        written = confidence_pieces(confidences, layout)
        return documents_of(written.data, written.offsets[1:])
    written = _numbers_of(confidences, layout, b"")
    form = layout.confidence_cats + layout.confidence_close
    rows = zip(documents_of(written.data, written.offsets[1:]), category_rows(confidences), strict=True)
    return [numbers + form % orjson.dumps(cats) for numbers, cats in rows]


def confidence_pieces(confidences: Confidences, layout: AnnotationLayout) -> Pieces:
    """The same where there are no categories, without a Python object a document."""
    return _numbers_of(confidences, layout, layout.confidence_close)


def _numbers_of(confidences: Confidences, layout: AnnotationLayout, close: bytes) -> Pieces:
    """All but the categories, and what closes the field."""
    named = ((layout.confidence_ents, confidences.ents), (layout.confidence_sents, confidences.sents))
    parts = [(key, part) for key, part in named if part is not None]
    opening = layout.confidence % (orjson.dumps(confidences.calibrated), orjson.dumps(confidences.layers))
    n_docs = len(confidences.text)
    offsets, placed = np.zeros((len(parts), n_docs + 1), dtype=np.int64), 0
    for row, (_, part) in enumerate(parts):
        offsets[row] = part.doc_offsets + placed
        placed += len(part.values)
    values = [np.zeros(0, dtype=np.int32), *(_units(part.values) for _, part in parts)]
    keys = pieces([opening, *(key for key, _ in parts), close])
    lists = Lists(keys, _units(confidences.text), offsets, np.concatenate(values))
    out = np.empty(lists_capacity(lists), dtype=np.uint8)
    bounds = np.zeros(n_docs + 1, dtype=np.int64)
    write_lists(out, bounds[1:], _fractions(), lists)
    out.flags.writeable = False  # as those of all pieces: to the compiler others are another type
    return Pieces(out, bounds)


def category_rows(confidences: Confidences) -> list[dict[str, float]]:
    """Those of each document's categories, without the unknown ones."""
    labels = tuple(confidences.cats or ())
    columns = [np.round(values, DECIMALS) for values in (confidences.cats or {}).values()]
    rows = np.stack(columns, axis=1).tolist()
    return [{label: p for label, p in zip(labels, row, strict=True) if p == p} for row in rows]


def _units(values: Array) -> Array:
    """Probabilities in ten-thousandths: rows of the table."""
    units: Array = np.rint(values * UNIT).astype(np.int32)
    return units


@lru_cache(maxsize=1)
def _fractions() -> Numbers:
    texts: list[Any] = [b"," + orjson.dumps(unit / UNIT) for unit in range(UNIT + 1)]
    return number_table(texts)
