# SPDX-License-Identifier: Apache-2.0
"""Which pieces belong to which token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class TokenRows:
    """For each token of a batch the rows of its pieces, ascending; a token may have none.

    Shape: offsets `(n_tokens + 1,)`, rows `(offsets[-1],)`, both int64.
    """

    offsets: IntArray
    rows: IntArray

    @property
    def n_tokens(self) -> int:
        """Number of tokens."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> IntArray:
        """Rows of each token. Shape: `(n_tokens,)`."""
        return np.diff(self.offsets)

    def of(self, token: int) -> IntArray:
        """The rows of one token."""
        return self.rows[int(self.offsets[token]) : int(self.offsets[token + 1])]


def select_tokens(alignment: TokenRows, tokens: IntArray) -> TokenRows:
    """The rows of some tokens, in the order given."""
    lengths = alignment.lengths[tokens]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    places = np.repeat(alignment.offsets[:-1][tokens] - offsets[:-1], lengths) + np.arange(offsets[-1])
    return TokenRows(offsets, alignment.rows[places])


def align_offsets(
    token_rows: IntArray,
    token_starts: IntArray,
    token_ends: IntArray,
    token_spans: IntArray,
    piece_starts: IntArray,
    piece_ends: IntArray,
    piece_spans: IntArray,
    n_tokens: int,
) -> TokenRows:
    """Pieces to tokens by characters, spans of text at a time.

    A character belongs to the token that holds it; the one behind a token's last character belongs to that
    token as well, unless the next token begins there. A piece belongs to every token that one of its
    characters belongs to; a piece without characters belongs to none.

    Shape: `token_*` `(n_span_tokens,)`: the token's row in the batch, its characters within its span and the
    span, ascending; `piece_*` `(n_pieces,)` likewise.
    """
    if not len(token_rows) or not len(piece_starts):
        return TokenRows(np.zeros(n_tokens + 1, np.int64), np.zeros(0, np.int64))
    bases = _bases(token_ends, token_spans, piece_ends, piece_spans)
    starts = token_starts + bases[token_spans]
    owned_until = token_ends + bases[token_spans] + 1
    np.minimum(owned_until[:-1], starts[1:], out=owned_until[:-1])
    first_characters = piece_starts + bases[piece_spans]
    first = np.searchsorted(starts, first_characters, "right") - 1
    first += owned_until[np.maximum(first, 0)] <= first_characters
    np.maximum(first, 0, out=first)
    stop = np.searchsorted(starts, piece_ends + bases[piece_spans], "left")
    counts = np.where(piece_ends > piece_starts, np.maximum(stop - first, 0), 0)
    pieces = np.repeat(np.arange(len(first)), counts)
    return token_rows_of(token_rows[expand(first, counts)], pieces, n_tokens)


def _bases(
    token_ends: IntArray, token_spans: IntArray, piece_ends: IntArray, piece_spans: IntArray
) -> IntArray:
    """Where each span's characters begin on one line of all of them, no two spans within reach."""
    reach = np.zeros(int(max(token_spans[-1], piece_spans[-1])) + 1, np.int64)
    np.maximum.at(reach, token_spans, token_ends)
    np.maximum.at(reach, piece_spans, piece_ends)
    return np.concatenate([[0], np.cumsum(reach[:-1] + 2)])


def token_rows_of(tokens: IntArray, rows: IntArray, n_tokens: int) -> TokenRows:
    """From pairs of token and row, in order of rows."""
    order = np.argsort(tokens, kind="stable")
    offsets = np.zeros(n_tokens + 1, np.int64)
    np.cumsum(np.bincount(tokens, minlength=n_tokens), out=offsets[1:])
    return TokenRows(offsets, rows[order].astype(np.int64))


def expand(first: IntArray, counts: IntArray) -> IntArray:
    """The numbers `first[i], first[i] + 1, ...`, `counts[i]` of them, one after the other.

    >>> expand(np.array([5, 9]), np.array([2, 1])).tolist()
    [5, 6, 9]
    """
    ends = np.cumsum(counts)
    numbers: IntArray = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - counts), counts)
    return numbers
