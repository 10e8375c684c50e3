# SPDX-License-Identifier: Apache-2.0
"""The components that make one token of several: of entities, of noun chunks, of pieces that a parser
joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.token_merge import Merge, merge_tokens
from .component import Scores
from .on_documents import OnDocuments

SUBTOK = "subtok"
"""Label of the arc from a piece of a word to the piece behind it."""

Finder = Callable[[Batch], Iterator[Merge]]


class Merger(OnDocuments):
    """Joins tokens that a function of the batch finds; all layers stay in step."""

    def __init__(self, name: str, find: Finder) -> None:
        self.name = name
        self.find = find

    def predict(self, batch: Batch) -> None:
        """Join them."""
        merge_tokens(batch, list(self.find(batch)))

    def score(self, examples: Sequence[Example]) -> Scores:
        """Nothing: no layer is found."""
        return {}


def entities(batch: Batch) -> Iterator[Merge]:
    """Every entity; one of a single token loses the norm that a tokenizer exception gave it, as in
    spaCy."""
    column = batch.spans.get("ents")
    if column is not None:
        docs = np.repeat(np.arange(batch.n_docs), np.diff(column.doc_offsets))
        for doc, start, end in zip(docs.tolist(), column.starts.tolist(), column.ends.tolist(), strict=True):
            yield Merge(doc, start, end)


def noun_chunks(batch: Batch) -> Iterator[Merge]:
    """Every noun chunk; none where nothing was parsed."""
    if batch.heads is not None and {"dep", "pos"} <= set(batch.columns):
        for index in range(batch.n_docs):
            yield from (Merge(index, chunk.start, chunk.end) for chunk in Doc(batch, index).noun_chunks)


def subtokens(batch: Batch, label: str = SUBTOK) -> Iterator[Merge]:
    """Every run of tokens with this dependency label, with the token behind it."""
    column = batch.columns.get("dep")
    if column is None:
        return
    wanted = np.array([name == label for name in (*column.labels, "")])[column.ids]
    for doc in np.unique(
        np.searchsorted(batch.doc_offsets, np.flatnonzero(wanted), side="right") - 1
    ).tolist():
        rows = batch.rows(doc)
        edges = np.diff(np.concatenate([[0], wanted[rows].astype(np.int8), [0]]))
        for start, stop in zip(
            np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True
        ):
            yield Merge(doc, start, min(stop + 1, rows.stop - rows.start))


@registry.factories("merge_entities")
def make_merge_entities(name: str) -> Merger:
    """One token of every entity."""
    return Merger(name, entities)


@registry.factories("merge_noun_chunks")
def make_merge_noun_chunks(name: str) -> Merger:
    """One token of every noun chunk, by the rules of English."""
    return Merger(name, noun_chunks)


@registry.factories("merge_subtokens")
def make_merge_subtokens(name: str, label: str = SUBTOK) -> Merger:
    """One token of pieces that a parser joined by arcs with this label."""
    return Merger(name, lambda batch: subtokens(batch, label))
