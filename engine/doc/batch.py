# SPDX-License-Identifier: Apache-2.0
"""A batch of documents as ragged arrays: the one value that travels through the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ..vocab.lexemes import LexemeTable

if TYPE_CHECKING:
    from .batch_writer import BatchWriter
    from .doc_state import DocState

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]

UNSET = -1
"""Label id of a token that has no value in a column."""

Spans = list[tuple[int, int, str]]
"""Labelled spans `(start token, end token, label)`, ends exclusive."""


@dataclass(slots=True, eq=False)
class LabelColumn:
    """One label per token: an id into a list of labels (a label may stand there more than once).

    Shape: ids `(n_tokens,)`, signed integers; `UNSET` where the token has no value.
    """

    ids: IntArray
    labels: tuple[str, ...]

    def strings(self, start: int, end: int) -> list[str]:
        """Labels of the tokens `start:end`, the empty string where unset."""
        labels = self.labels
        return [labels[i] if i >= 0 else "" for i in self.ids[start:end].tolist()]


@dataclass(slots=True, eq=False)
class SpanColumn:
    """Labelled spans of every document, by token positions within the document; entities in order of start.

    Shape: doc_offsets `(n_docs + 1,)`; starts, ends, label_ids `(n_spans,)`; `ends` are exclusive. `ids`
    holds, for each span, the id that a rule gave it, `kb_ids` that of a knowledge base; entities have theirs
    in the columns `ent_id` and `ent_kb_id` of their tokens. `scores` holds how sure a model was of each span.
    """

    doc_offsets: IntArray
    starts: IntArray
    ends: IntArray
    label_ids: IntArray
    labels: tuple[str, ...]
    ids: LabelColumn | None = None
    scores: FloatArray | None = None
    kb_ids: LabelColumn | None = None

    def rows(self, doc: int) -> slice:
        """Which of the spans are those of a document."""
        return slice(int(self.doc_offsets[doc]), int(self.doc_offsets[doc + 1]))

    def of(self, doc: int) -> Spans:
        """Spans of a document as `(start token, end token, label)`, the empty string where a label is
        unset."""
        rows = self.rows(doc)
        return list(
            zip(self.starts[rows].tolist(), self.ends[rows].tolist(), self.labels_of(doc), strict=True)
        )

    def labels_of(self, doc: int) -> list[str]:
        """Labels of a document's spans, the empty string where unset."""
        rows = self.rows(doc)
        return LabelColumn(self.label_ids, self.labels).strings(rows.start, rows.stop)


class PieceRows(Protocol):
    """What an encoder said about the pieces of a batch's documents, and which of its rows are those of a
    token."""

    def __getitem__(self, tokens: Any) -> PieceRows:
        """The same rows for other tokens: each takes those of the token whose number is given."""
        ...

    def cut_of(self, doc: int) -> int:
        """How many pieces of a document a limit left out."""
        ...

    def joined(self, parts: Sequence[tuple[Any, Batch, int]]) -> PieceRows:
        """The rows of documents of several batches as those of one."""
        ...


@dataclass(slots=True, eq=False)
class Batch:
    """Documents as ragged arrays, the layers found so far, and the shared vectors by name.

    Token arrays have shape `(n_tokens,)`; document `d` owns `rows(d)`, from `doc_offsets[d]` on.
    `starts` and `lengths` count code points within the document's own text; `spaces` is 1 where one blank
    belongs to the token. Lexeme ids mean rows of `lexemes` and of no other table. `vectors[name]` has shape
    `(n_tokens, width)`; `grads[name]`, of the same shape, sums what the heads send back while training.
    `pieces[name]` holds the rows of an encoder that reads pieces of words; `grads[name]` is theirs then.
    `names_all_cats`: of gold; categories that `cats` does not name are known not to apply.

    `surprises` is None unless somebody asks how sure the heads are: then a head leaves, by layer, minus the
    logarithm of the probability that it gave to what it decided; 0 where it was sure. Shape: `(n_tokens,)`
    for `ents`, `(n_docs,)` for `cats`.

    `adapters`, where given, names for each document the adapter that encoders read it with; None: their own.

    `states` holds what people keep with a document besides annotations, by its number; `writer` writes single
    values into the columns. Both come into being when somebody asks a document for it.
    """

    texts: list[str]
    doc_offsets: IntArray
    lexeme_ids: IntArray
    starts: IntArray
    lengths: IntArray
    spaces: IntArray
    lexemes: LexemeTable
    columns: dict[str, LabelColumn] = field(default_factory=dict)
    spans: dict[str, SpanColumn] = field(default_factory=dict)
    cats: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    sent_starts: npt.NDArray[np.int8] | None = None
    heads: IntArray | None = None
    vectors: dict[str, FloatArray] = field(default_factory=dict)
    grads: dict[str, FloatArray] = field(default_factory=dict)
    names_all_cats: bool = False
    surprises: dict[str, FloatArray] | None = None
    states: dict[int, DocState] | None = None
    writer: BatchWriter | None = None
    pieces: dict[str, PieceRows] = field(default_factory=dict)
    adapters: Sequence[str | None] | None = None

    @property
    def n_docs(self) -> int:
        """Number of documents."""
        return len(self.texts)

    @property
    def n_tokens(self) -> int:
        """Number of tokens of all documents."""
        return len(self.lexeme_ids)

    def rows(self, doc: int) -> slice:
        """Which of the tokens are those of a document."""
        return slice(int(self.doc_offsets[doc]), int(self.doc_offsets[doc + 1]))

    def span_rows(self, column: SpanColumn) -> tuple[IntArray, IntArray]:
        """First rows of all spans of a column, and the rows behind their last ones. Shape: `(n_spans,)`
        each."""
        first = np.repeat(self.doc_offsets[:-1], np.diff(column.doc_offsets))
        return first + column.starts, first + column.ends

    def pieces_cut(self, doc: int) -> int:
        """How many pieces of a document the limits of encoders left out."""
        return sum(rows.cut_of(doc) for rows in self.pieces.values())

    def spans_of(self, key: str, doc: int) -> Spans:
        """Spans of a group, such as "ents", in a document; none where the batch has no such group."""
        return self.spans[key].of(doc) if key in self.spans else []

    def add_grad(self, name: str, d_vectors: FloatArray, factor: float = 1.0) -> None:
        """Add a head's gradient, times its `grad_factor`, to the sum of the shared vectors `name`."""
        if factor != 1.0:
            d_vectors = d_vectors * np.float32(factor)
        if name in self.grads:
            self.grads[name] += d_vectors
        else:
            self.grads[name] = d_vectors.copy()

    def add_surprise(self, layer: str, values: FloatArray) -> None:
        """Leave how sure a head was, on top of what other heads left for the same layer, where somebody
        asks."""
        if self.surprises is not None:
            known = self.surprises.get(layer)
            self.surprises[layer] = values if known is None else known + values


def join(parts: Sequence[tuple[Batch, int]]) -> Batch:
    """One batch of the given `(batch, document index)` pairs: text and tokens only, no layers.

    Parts may come from several lexeme tables, as when the tokenizer replaced a full one; the last part's
    table is kept.
    Raises: ValueError where the tables have other norms.
    """
    if not parts:
        raise ValueError("join expects at least one document, got none")
    table = parts[-1][0].lexemes
    bounds = [(batch, batch.rows(d)) for batch, d in parts]
    offsets = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([rows.stop - rows.start for _, rows in bounds], out=offsets[1:])

    def gather(name: str) -> IntArray:
        return np.concatenate([getattr(batch, name)[rows] for batch, rows in bounds])

    starts, lengths, spaces = (gather(name) for name in ("starts", "lengths", "spaces"))
    ids = np.concatenate([table.adopt(batch.lexemes, batch.lexeme_ids[rows]) for batch, rows in bounds])
    return Batch([batch.texts[d] for batch, d in parts], offsets, ids, starts, lengths, spaces, table)
