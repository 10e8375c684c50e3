# SPDX-License-Identifier: Apache-2.0
"""A batch of documents as ragged arrays: the one value that travels through the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..vocab.lexemes import LexemeTable

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]

UNSET = -1
"""Label id of a token that has no value in a column."""


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
    holds, for each span, the id that a rule gave it; entities have theirs in the column `ent_id` of their
    tokens. `scores` holds how sure a model was of each span.
    """

    doc_offsets: IntArray
    starts: IntArray
    ends: IntArray
    label_ids: IntArray
    labels: tuple[str, ...]
    ids: LabelColumn | None = None
    scores: FloatArray | None = None


@dataclass(slots=True, eq=False)
class Batch:
    """Documents as ragged arrays, the layers found so far, and the shared vectors by name.

    Token arrays have shape `(n_tokens,)`; document `d` owns rows `doc_offsets[d]:doc_offsets[d + 1]`.
    `starts` and `lengths` count code points within the document's own text; `spaces` is 1 where one blank
    belongs to the token. Lexeme ids mean rows of `lexemes` and of no other table. `vectors[name]` has shape
    `(n_tokens, width)`; `grads[name]`, of the same shape, sums what the heads send back while training.
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
    cats: dict[str, FloatArray] = field(default_factory=dict)
    sent_starts: npt.NDArray[np.int8] | None = None
    heads: IntArray | None = None
    vectors: dict[str, FloatArray] = field(default_factory=dict)
    grads: dict[str, FloatArray] = field(default_factory=dict)

    @property
    def n_docs(self) -> int:
        """Number of documents."""
        return len(self.texts)

    @property
    def n_tokens(self) -> int:
        """Number of tokens of all documents."""
        return len(self.lexeme_ids)

    def add_grad(self, name: str, d_vectors: FloatArray, factor: float = 1.0) -> None:
        """Add a head's gradient, times its `grad_factor`, to the sum of the shared vectors `name`."""
        if factor != 1.0:
            d_vectors = d_vectors * np.float32(factor)
        if name in self.grads:
            self.grads[name] += d_vectors
        else:
            self.grads[name] = d_vectors.copy()


def join(parts: Sequence[tuple[Batch, int]]) -> Batch:
    """One batch of the given `(batch, document index)` pairs: text and tokens only, no layers.

    Parts may come from several lexeme tables, as when the tokenizer replaced a full one; the last part's
    table is kept.
    Raises: ValueError where the tables have other norms.
    """
    if not parts:
        raise ValueError("join expects at least one document, got none")
    table = parts[-1][0].lexemes
    bounds = [(batch, int(batch.doc_offsets[d]), int(batch.doc_offsets[d + 1])) for batch, d in parts]
    offsets = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([end - start for _, start, end in bounds], out=offsets[1:])

    def gather(name: str) -> IntArray:
        return np.concatenate([getattr(batch, name)[start:end] for batch, start, end in bounds])

    starts, lengths, spaces = (gather(name) for name in ("starts", "lengths", "spaces"))
    ids = np.concatenate(
        [table.adopt(batch.lexemes, batch.lexeme_ids[start:end]) for batch, start, end in bounds]
    )
    return Batch([batch.texts[d] for batch, d in parts], offsets, ids, starts, lengths, spaces, table)
