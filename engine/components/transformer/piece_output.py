# SPDX-License-Identifier: Apache-2.0
"""What an encoder gave for a batch: the value that the heads' listeners read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...doc.batch import Batch
from ...errors import EngineError
from ...transformer import (
    Encoded,
    PieceBatch,
    Reducer,
    StreamedRows,
    TokenRows,
    TokenSpans,
    pool,
    select_tokens,
)

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]

Pooled = tuple[FloatArray, Callable[[FloatArray], FloatArray]]


@dataclass(frozen=True, slots=True, eq=False)
class PieceOutput:
    """Rows of pieces, what they are rows of, and who made them.

    `maker` is the part of the model that encoded, which knows the pieces' names; None where a model of
    somebody's own did. `encoded` of very many pieces are rows that are made whenever they are read. `loss`
    adds up the squares of what listeners hand back. Vectors that several heads
    pool alike are pooled once; `seen` keeps what people have looked at, by document.
    """

    pieces: PieceBatch
    encoded: Encoded | StreamedRows
    maker: Any = None
    keeps_layers: bool = False
    loss: list[float] = field(default_factory=list)
    pooled: dict[tuple[Reducer, int], Pooled] = field(default_factory=dict)
    seen: dict[int, Any] = field(default_factory=dict)

    @property
    def alignment(self) -> TokenRows:
        """Which rows belong to which token."""
        return self.pieces.alignment

    @property
    def rows(self) -> FloatArray:
        """The last layer. Shape: `(n_pieces, width)`."""
        return self.encoded.last

    @property
    def n_layers(self) -> int:
        """Layers that are kept, that of the embeddings among them."""
        return len(self.encoded.layers or (None,))

    def layer(self, number: int) -> FloatArray:
        """One of the layers that are kept; -1 is the last one."""
        return self.rows if self.encoded.layers is None or number == -1 else self.encoded.layers[number]

    def vectors(self, reducer: Reducer, layer: int = -1) -> Pooled:
        """The vectors of all tokens, and what gives the rows' gradient for theirs."""
        known = self.pooled.get((reducer, layer))
        if known is None:
            known = self.pooled[reducer, layer] = self._pooled(reducer, layer)
        return known

    def _pooled(self, reducer: Reducer, layer: int) -> Pooled:
        if not self.is_streamed:
            return pool(self.layer(layer), self.alignment, reducer)
        vectors = self.streamed(lambda rows, alignment: pool(rows, alignment, reducer)[0])
        return vectors, lambda d_vectors: pool(self.rows, self.alignment, reducer)[1](d_vectors)

    @property
    def is_streamed(self) -> bool:
        """Whether rows are made whenever they are read."""
        return isinstance(self.encoded, StreamedRows) and not self.encoded.is_kept

    def streamed(self, pool_rows: Callable[[FloatArray, TokenRows], FloatArray]) -> FloatArray:
        """The vectors of all tokens, from the rows of some spans at a time."""
        if not isinstance(self.encoded, StreamedRows):
            raise EngineError("expected rows that are streamed; this is a bug in Freshet")
        return self.encoded.vectors(self.alignment, pool_rows)

    def of_rows(self, rows: FloatArray) -> PieceOutput:
        """Other vectors of the same pieces."""
        return self._renewed(self.pieces, Encoded(rows))

    def __getitem__(self, tokens: Any) -> PieceOutput:
        """The same rows for other tokens: each takes those of the token whose number is given."""
        numbers = np.arange(self.alignment.n_tokens)[tokens]
        alignment = select_tokens(self.alignment, numbers)
        return self._renewed(replace(self.pieces, alignment=alignment), self.encoded)

    def cut_of(self, doc: int) -> int:
        """How many pieces of a document a limit left out."""
        return int(self.pieces.n_cut[doc])

    def joined(self, parts: Sequence[tuple[PieceOutput, Batch, int]]) -> PieceOutput:
        """The rows of documents of several batches as those of one."""
        return join_outputs(parts)

    def _renewed(self, pieces: PieceBatch, encoded: Encoded | StreamedRows) -> PieceOutput:
        return PieceOutput(pieces, encoded, self.maker, self.keeps_layers)


def spans_of_doc(pieces: PieceBatch, doc: int) -> slice:
    """Which spans are those of a document."""
    first, end = np.searchsorted(pieces.spans.docs, [doc, doc + 1])
    return slice(int(first), int(end))


def rows_of_doc(pieces: PieceBatch, doc: int) -> slice:
    """Which rows are those of a document."""
    spans = spans_of_doc(pieces, doc)
    return slice(int(pieces.cu_seq_lens[spans.start]), int(pieces.cu_seq_lens[spans.stop]))


def join_outputs(parts: Sequence[tuple[PieceOutput, Batch, int]]) -> PieceOutput:
    """Documents of several batches as one output; windows were averaged before."""
    chosen = [_Part.of(output, batch, doc) for output, batch, doc in parts]
    n_tokens = np.cumsum([0, *(part.n_tokens for part in chosen)])
    n_rows = np.cumsum([0, *(part.rows.stop - part.rows.start for part in chosen)])
    numbered = list(zip(chosen, n_tokens.tolist(), n_rows.tolist(), range(len(chosen)), strict=False))
    first = parts[0][0]
    spans = TokenSpans(
        _join([np.full(len(part.starts), number) for part, _, _, number in numbered]),
        _join([part.starts + tokens for part, tokens, _, _ in numbered]),
        _join([part.ends + tokens for part, tokens, _, _ in numbered]),
    )
    lengths = _join([part.lengths for part in chosen])
    alignment = TokenRows(
        np.concatenate([[0], np.cumsum(_join([part.alignment.lengths for part in chosen]))]).astype(np.int64),
        _join([part.alignment.rows - part.rows.start + rows for part, _, rows, _ in numbered]),
    )
    own = [(part.output.pieces, part.rows) for part in chosen]
    known_offsets = all(pieces.offsets is not None for pieces, _ in own)
    pieces = PieceBatch(
        len(parts),
        spans,
        np.concatenate([pieces.ids[rows] for pieces, rows in own]),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        np.concatenate([p.offsets[r] for p, r in own if p.offsets is not None]) if known_offsets else None,
        alignment,
        np.array([output.pieces.n_cut[doc] for output, _, doc in parts], dtype=np.int64),
    )
    return PieceOutput(pieces, _join_encoded(chosen), first.maker, first.keeps_layers)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One document of an output, in that one's own numbers of rows; tokens count from its first one."""

    output: PieceOutput
    n_tokens: int
    rows: slice
    starts: IntArray
    ends: IntArray
    lengths: IntArray
    alignment: TokenRows

    @classmethod
    def of(cls, output: PieceOutput, batch: Batch, doc: int) -> _Part:
        tokens, pieces = batch.rows(doc), output.pieces
        spans = spans_of_doc(pieces, doc)
        return cls(
            output,
            tokens.stop - tokens.start,
            rows_of_doc(pieces, doc),
            pieces.spans.starts[spans] - tokens.start,
            pieces.spans.ends[spans] - tokens.start,
            pieces.lengths[spans],
            select_tokens(pieces.alignment, np.arange(tokens.start, tokens.stop)),
        )


def _join_encoded(parts: Sequence[_Part]) -> Encoded:
    own = [(part.output.encoded, part.rows) for part in parts]
    n_layers = min(len(encoded.layers or ()) for encoded, _ in own)
    layers = tuple(
        np.concatenate([encoded.layers[k][rows] for encoded, rows in own if encoded.layers])
        for k in range(n_layers)
    )
    return Encoded(np.concatenate([encoded.last[rows] for encoded, rows in own]), layers or None)


def _join(arrays: Sequence[IntArray]) -> IntArray:
    return np.concatenate(arrays).astype(np.int64)
