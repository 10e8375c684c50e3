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


class Sums:
    """The surprises of one batch, summed over what each question asks for."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._asked: Mapping[str, Ints] = batch.surprises or {}
        # Sums of the tokens before each one, and of all: of any stretch the sum is a difference of two.
        self._running = np.zeros(batch.n_tokens + 1 if ENTS in self._asked else 0)
        if ENTS in self._asked:
            np.cumsum(self._asked[ENTS], out=self._running[1:])

    def __contains__(self, layer: str) -> bool:
        """Whether a head said how sure it was of a layer."""
        return layer in self._asked

    def texts(self, layers: Iterable[str]) -> Floats:
        """Of each text, over these layers. Shape: `(n_docs,)`."""
        total = np.zeros(self._batch.n_docs)
        for layer in layers:
            total += self._asked[CATS] if layer == CATS else np.diff(self._running[self._batch.doc_offsets])
        return np.round(total, DECIMALS)

    def entities(self) -> Parts | None:
        """Of each entity, over its tokens; None where no head decided about entities."""
        if ENTS not in self or ENTS not in self._batch.spans:
            return None
        column = self._batch.spans[ENTS]
        firsts, ends = self._batch.span_rows(column)
        return Parts(self._running[ends] - self._running[firsts], column.doc_offsets)

    def sentences(self) -> Parts | None:
        """Of the entities of each sentence, found and not; None where there are no sentences or no such
        head."""
        batch = self._batch
        if ENTS not in self or batch.sent_starts is None:
            return None
        begins = batch.sent_starts == 1
        begins[batch.doc_offsets[:-1][np.diff(batch.doc_offsets) > 0]] = True
        firsts = np.flatnonzero(begins)
        bounds = np.append(firsts, batch.n_tokens)
        return Parts(np.diff(self._running[bounds]), np.searchsorted(firsts, batch.doc_offsets))
