# SPDX-License-Identifier: Apache-2.0
"""Entities as a number for each token (0 unknown, 1 inside, 2 outside, 3 begin) and a label, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...doc.batch import Batch, Spans
from ...doc.biluo import MISSING
from ...vocab.strings import string_id

UNKNOWN, INSIDE, OUTSIDE, BEGIN = range(4)


def entity_spans(iob: Sequence[int], labels: Sequence[str]) -> Spans:
    """Spans of the numbers and labels; tokens of which nothing is known have the label `MISSING`.

    >>> entity_spans([3, 1, 2, 0], ["LOC", "LOC", "", ""])
    [(0, 2, 'LOC'), (3, 4, '-')]
    """
    spans: Spans = []
    for i, (kind, label) in enumerate(zip(iob, labels, strict=True)):
        name = MISSING if kind == UNKNOWN else label
        if kind == OUTSIDE:
            continue
        if kind != BEGIN and spans and spans[-1][1:] == (i, name):
            spans[-1] = (spans[-1][0], i + 1, name)
        else:
            spans.append((i, i + 1, name))
    return spans


def entity_columns(batch: Batch) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], set[str]]:
    """Numbers and label ids of all tokens of a batch, and the labels.

    Shape: `(n_tokens,)` each.
    """
    iob, types = np.zeros(batch.n_tokens, dtype=np.uint64), np.zeros(batch.n_tokens, dtype=np.uint64)
    column = batch.spans.get("ents")
    if column is None:
        return iob, types, set()
    iob[:] = OUTSIDE
    begins, ends = batch.span_rows(column)
    ids: list[Any] = [string_id(label) for label in column.labels]
    rows = zip(begins.tolist(), ends.tolist(), column.label_ids.tolist(), strict=True)
    for start, end, label in rows:
        known = column.labels[label] != MISSING
        iob[start:end] = INSIDE if known else UNKNOWN
        if known:
            iob[start] = BEGIN
            types[start:end] = ids[label]
    return iob, types, set(column.labels) - {MISSING}
