# SPDX-License-Identifier: Apache-2.0
"""The pieces of a batch: what an encoder reads, and how its rows belong to tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..doc.batch import Batch
from .alignment import TokenRows, align_offsets, expand
from .piece_tokenizer import PieceTokenizer
from .windows import Windows

IntArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class TokenSpans:
    """Stretches of tokens that are encoded together, in order of documents.

    Shape: all `(n_spans,)` int64; `starts` and `ends` (exclusive) are rows of the batch's tokens.
    """

    docs: IntArray
    starts: IntArray
    ends: IntArray

    @property
    def n_spans(self) -> int:
        """Number of spans."""
        return len(self.docs)

    def filled(self) -> TokenSpans:
        """Those that have tokens."""
        kept = self.ends > self.starts
        return self if kept.all() else TokenSpans(self.docs[kept], self.starts[kept], self.ends[kept])


@dataclass(frozen=True, slots=True, eq=False)
class PieceBatch:
    """Pieces of all spans one after the other, special pieces included.

    `alignment` says which rows of the encoder's output belong to which token of the batch. Where `windows` is
    given, the encoder reads windows of these pieces, and rows that several windows cover are averaged; the
    output has a row a piece all the same.

    `n_cut` counts the pieces of each document that a length limit left out.

    Shape: ids `(n_pieces,)` int32; cu_seq_lens `(n_spans + 1,)` int32; offsets `(n_pieces, 2)` int32, first
    character and the one behind the last within the span's text, `(0, 0)` for special pieces, None where
    pieces were made token by token; n_cut `(n_docs,)` int64.
    """

    n_docs: int
    spans: TokenSpans
    ids: IntArray
    cu_seq_lens: IntArray
    offsets: IntArray | None
    alignment: TokenRows
    n_cut: IntArray
    windows: Windows | None = None

    @property
    def n_pieces(self) -> int:
        """Number of pieces."""
        return len(self.ids)

    @property
    def to_read(self) -> tuple[IntArray, IntArray]:
        """What the encoder reads, ids and cu_seq_lens: the pieces, or those of their windows."""
        if self.windows is None:
            return self.ids, self.cu_seq_lens
        return self.ids[self.windows.rows], self.windows.cu_seq_lens

    @property
    def lengths(self) -> IntArray:
        """Pieces of each span. Shape: `(n_spans,)`."""
        return np.diff(self.cu_seq_lens)

    @property
    def positions(self) -> IntArray:
        """Each piece's place in its span, from 0. Shape: `(n_pieces,)` int64."""
        places: IntArray = np.arange(self.n_pieces) - np.repeat(self.cu_seq_lens[:-1], self.lengths)
        return places


def pieces_of_spans(
    tokenizer: PieceTokenizer, batch: Batch, spans: TokenSpans, *, limit: int | None = None
) -> PieceBatch:
    """The pieces of spans by a Hugging Face tokenizer: each span's text by itself, from its first token to
    the end of its last one. Spans without tokens are left out.

    Spans longer than the tokenizer's `model_max_length`, or than `limit`, are cut there, the end piece with
    the rest, and `n_cut` says how much; tokens beyond get no rows.
    """
    spans = spans.filled()
    texts = span_texts(batch, spans)
    found = tokenizer.encode(texts)
    aligned = tokenizer.aligned(texts, found)
    span_of_piece = np.repeat(np.arange(spans.n_spans), found.lengths)
    limits = [n for n in (tokenizer.model_max_length, limit) if n is not None]
    kept = np.arange(len(found.ids)) - found.cu_seq_lens[span_of_piece] < min(limits, default=len(found.ids))
    lengths = np.bincount(span_of_piece[kept], minlength=spans.n_spans)
    cut = np.bincount(spans.docs, found.lengths - lengths, minlength=batch.n_docs)
    starts = np.where(aligned, found.starts, 0)[kept]
    ends = np.where(aligned, found.ends, 0)[kept]
    return PieceBatch(
        n_docs=batch.n_docs,
        spans=spans,
        ids=found.ids[kept],
        cu_seq_lens=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        offsets=np.stack([found.starts[kept], found.ends[kept]], axis=1),
        alignment=_align(batch, spans, starts, ends, span_of_piece[kept]),
        n_cut=cut.astype(np.int64),
    )


def span_texts(batch: Batch, spans: TokenSpans) -> list[str]:
    """The text of each span, without the blank behind its last token; empty for a span without tokens."""
    filled = spans.ends > spans.starts
    last = np.where(filled, spans.ends - 1, 0)
    starts = (
        np.where(filled, batch.starts[np.where(filled, spans.starts, 0)], 0) if batch.n_tokens else 0 * last
    )
    ends = np.where(filled, (batch.starts[last] + batch.lengths[last]), 0) if batch.n_tokens else 0 * last
    places = zip(spans.docs.tolist(), starts.tolist(), ends.tolist(), strict=True)
    return [batch.texts[doc][start:end] for doc, start, end in places]


def _align(
    batch: Batch, spans: TokenSpans, piece_starts: IntArray, piece_ends: IntArray, piece_spans: IntArray
) -> TokenRows:
    sizes = spans.ends - spans.starts
    rows = expand(spans.starts, sizes)
    span_of_token = np.repeat(np.arange(spans.n_spans), sizes)
    starts = batch.starts[rows].astype(np.int64)
    firsts = batch.starts[spans.starts].astype(np.int64)[span_of_token]
    return align_offsets(
        rows,
        starts - firsts,
        starts - firsts + batch.lengths[rows],
        span_of_token,
        piece_starts.astype(np.int64),
        piece_ends.astype(np.int64),
        piece_spans,
        batch.n_tokens,
    )
