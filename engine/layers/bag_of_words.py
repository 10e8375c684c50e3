# SPDX-License-Identifier: Apache-2.0
"""The layer that counts words and word sequences per document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model

from ..config.registry import registry
from ..doc.batch import Batch
from .features import attribute_of
from .ragged import Array

Counts = tuple[Array, Array, Array]
"""Ids in ascending order within each document, their counts, and how many each document has."""


@registry.layers("freshet.extract_ngrams.v1")
def bag_of_words(ngram_size: int, attr: str | int = "LOWER") -> Model[Batch, Counts]:
    """Counts of an attribute's ids and of the ids of all sequences of 2..`ngram_size` tokens."""
    attrs = {"ngram_size": ngram_size, "attr": attribute_of(attr)}
    return Model("extract_ngrams", forward, attrs=attrs)


def forward(model: Model[Batch, Counts], batch: Batch, is_train: bool) -> tuple[Counts, Callable[[Any], Any]]:
    """Count per document, without a loop over documents."""
    ids = np.ascontiguousarray(
        batch.lexemes.attribute(model.attrs["attr"])[batch.lexeme_ids], dtype=np.uint64
    )
    lengths = np.diff(batch.doc_offsets)
    docs = np.repeat(np.arange(batch.n_docs), lengths)
    all_ids, all_docs = [ids], [docs]
    for n in range(2, min(model.attrs["ngram_size"], len(ids)) + 1):
        inside = docs[: len(docs) - n + 1] == docs[n - 1 :]
        all_ids.append(model.ops.ngrams(n, ids)[inside])
        all_docs.append(docs[: len(docs) - n + 1][inside])
    return _count(np.concatenate(all_ids), np.concatenate(all_docs), batch.n_docs), lambda d_counts: []


def _count(ids: Array, docs: Array, n_docs: int) -> Counts:
    order = np.lexsort((ids, docs))
    ids, docs = ids[order], docs[order]
    new = np.ones(len(ids), dtype=bool)
    new[1:] = (ids[1:] != ids[:-1]) | (docs[1:] != docs[:-1])
    first = np.flatnonzero(new)
    counts = np.diff(np.append(first, len(ids))).astype(np.float32)
    return ids[first], counts, np.bincount(docs[first], minlength=n_docs).astype(np.int32)
