# SPDX-License-Identifier: Apache-2.0
"""Surprise of entities, sentences and whole texts: the sum over the decisions that made them.

The sum is minus the logarithm of the product of the decisions' probabilities. So an entity that was nearly
found, which no list of entities shows, lowers what is thought of its sentence and its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..doc.batch import Batch

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[Any]

ENTS, SENTS, CATS, TEXT = "ents", "sents", "cats", "text"
"""What has a confidence of its own; `TEXT` stands for all that was decided about a text."""

DECIMALS = 9
"""Of a text's surprise, so that it stays the same when it is written as a threshold and read again."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The surprise of things that documents have several of. Shape: values `(n_parts,)`, doc_offsets
    `(n_docs + 1,)`."""

    values: Floats
    doc_offsets: Ints

    def of(self, doc: int) -> list[float]:
        """Those of a document."""
        values: list[float] = self.values[self.doc_offsets[doc] : self.doc_offsets[doc + 1]].tolist()
        return values


def asked(batch: Batch) -> Mapping[str, Any]:
    """Surprises by layer; none where nobody asked for them."""
    return batch.surprises or {}


def text_surprises(batch: Batch, layers: Iterable[str]) -> Floats:
    """Of each text, over these layers. Shape: `(n_docs,)`."""
    total = np.zeros(batch.n_docs)
    for layer in layers:
        values = asked(batch)[layer]
        total += values if layer == CATS else np.diff(_running(values)[batch.doc_offsets])
    return np.round(total, DECIMALS)


def entity_surprises(batch: Batch) -> Parts | None:
    """Of each entity, over its tokens; None where no head decided about entities."""
    if ENTS not in asked(batch) or ENTS not in batch.spans:
        return None
    column, running = batch.spans[ENTS], _running(asked(batch)[ENTS])
    firsts, ends = batch.span_rows(column)
    return Parts(running[ends] - running[firsts], column.doc_offsets)


def sentence_surprises(batch: Batch) -> Parts | None:
    """Of the entities of each sentence, found and not; None where there are no sentences or no such head."""
    if ENTS not in asked(batch) or batch.sent_starts is None:
        return None
    begins = batch.sent_starts == 1
    begins[batch.doc_offsets[:-1][np.diff(batch.doc_offsets) > 0]] = True
    firsts = np.flatnonzero(begins)
    running = _running(asked(batch)[ENTS])
    bounds = np.append(firsts, batch.n_tokens)
    return Parts(np.diff(running[bounds]), np.searchsorted(firsts, batch.doc_offsets))


def _running(values: Ints) -> Floats:
    """Sums of the values before each place, and of all. Shape: `(n,)` -> `(n + 1,)`."""
    running = np.zeros(len(values) + 1)
    np.cumsum(values, out=running[1:])
    return running
