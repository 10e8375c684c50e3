# SPDX-License-Identifier: Apache-2.0
"""Rows of long documents, some spans at a time: pooled to vectors of tokens, and freed.

    for each group of spans (`GROUP` packs of the backend's budget):
        rows of the group, beside those that tokens of later spans need too
        vectors of the tokens whose last row this was

What is held at once: a group's rows, the rows of tokens that are in two spans, and what is made of them, the
tokens' vectors. Vectors have the same bits as those of all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .alignment import TokenRows, select_tokens, token_rows_of
from .encoder import Encoder
from .forward import encode_pieces
from .packs import packs_of
from .pieces import PieceBatch
from .pooling import Reducer, pool

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]
PoolRows = Callable[[FloatArray, TokenRows], FloatArray]
"""Rows and whose they are, to one vector a token."""

KEPT_BYTES = 1 << 29
"""Rows of a batch up to this size are kept: who looks at them (`doc._.trf_data`) has them at once."""

GROUP = 16
"""Packs whose rows are held at once: 25 MB of MiniLM on the CPU."""


class StreamedRows:
    """What an encoder says about very many pieces, not kept: made whenever somebody reads it.

    It has the fields of `Encoded`. `last` makes all rows, and keeps them from then on.
    """

    layers = pooled = attentions = None

    def __init__(self, encoder: Encoder, pieces: PieceBatch) -> None:
        self._encoder = encoder
        self._pieces = pieces

    @property
    def is_kept(self) -> bool:
        """Whether somebody has read all rows."""
        return "last" in self.__dict__

    @cached_property
    def last(self) -> FloatArray:
        """All rows. Shape: `(n_pieces, width)`."""
        return encode_pieces(self._encoder, self._pieces).last

    def vectors(self, alignment: TokenRows, pool_rows: PoolRows) -> FloatArray:
        """One vector a token. Shape: `(n_tokens, width)`."""
        vectors: FloatArray | None = None
        for tokens, found in pooled_in_parts(self._parts(), alignment, pool_rows):
            if vectors is None:
                vectors = np.zeros((alignment.n_tokens, found.shape[1]), np.float32)
            vectors[tokens] = found
        if vectors is None:
            return np.zeros((alignment.n_tokens, self._encoder.width), np.float32)
        return vectors

    def _parts(self) -> Iterator[FloatArray]:
        """All rows in order, some at a time; those of windows averaged."""
        ids, cu_seq_lens = self._pieces.to_read
        groups = packs_of(cu_seq_lens, GROUP * self._encoder.backend.pack_budget)
        parts = (self._encoder.encode(ids[group.pieces], group.cu_seq_lens).last for group in groups)
        windows = self._pieces.windows
        if windows is None:
            return parts
        covers = token_rows_of(windows.rows, np.arange(len(windows.rows)), self._pieces.n_pieces)
        return (rows for _, rows in pooled_in_parts(parts, covers, _mean))


def streams(encoder: Encoder, pieces: PieceBatch) -> bool:
    """Whether a batch has too many rows to keep them."""
    return pieces.n_pieces * encoder.width * 4 > KEPT_BYTES


def pooled_in_parts(
    parts: Iterable[FloatArray], alignment: TokenRows, pool_rows: PoolRows
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Numbers of tokens and their vectors, as soon as their last row has come; tokens without rows are left
    out. `parts` are all rows in order, some at a time."""
    filled = np.flatnonzero(alignment.lengths)
    firsts = alignment.rows[alignment.offsets[filled]]
    lasts = alignment.rows[alignment.offsets[filled + 1] - 1]
    order = np.argsort(lasts, kind="stable")
    filled, firsts, lasts = filled[order], firsts[order], lasts[order]
    numbers, held = np.zeros(0, np.int64), None
    done = end = 0
    for part in parts:
        start, end = end, end + len(part)
        numbers = np.concatenate([numbers, np.arange(start, end)])
        rows = part if held is None else np.concatenate([held, part])
        until = int(np.searchsorted(lasts, end))
        if until > done:
            own = select_tokens(alignment, filled[done:until])
            places = np.searchsorted(numbers, own.rows)
            yield filled[done:until], pool_rows(rows, TokenRows(own.offsets, places))
        waiting = filled[until:][firsts[until:] < end]
        needed = np.unique(select_tokens(alignment, waiting).rows)
        needed = needed[needed < end]
        held = rows[np.searchsorted(numbers, needed)]
        numbers, done = needed, until


def _mean(rows: FloatArray, alignment: TokenRows) -> FloatArray:
    return pool(rows, alignment, Reducer.MEAN)[0]
