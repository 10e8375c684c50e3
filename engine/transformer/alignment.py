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
    raise NotImplementedError
