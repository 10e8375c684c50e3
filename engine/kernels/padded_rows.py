# SPDX-License-Identifier: Apache-2.0
"""Documents laid end to end with the padding rows that a convolution sees between them.

    document 0 of 2 tokens, document 1 of 1, padding 2:   . . a b . . c . .
    reach (distance to the nearest token):                2 1 0 0 1 1 0 1 2

One long array in place of documents padded to one length: a batch of any lengths is one loop over rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit
from .arrays import Ints


@dataclass(frozen=True, slots=True, eq=False)
class PaddedRows:
    """All rows that run through the layers: tokens and the zero rows around each document.

    `depth * window` padding rows stand before every non-empty document and after the last one. They are zero
    only at the input; later layers carry what the layers before made of them, so they are computed like
    tokens as far as a token can see.
    Shape: each `(n_rows,)`. `slots` is 0 for padding. `reach` is the distance to the nearest token, 0 for
    tokens: layer `l` of `depth` (from 1) is needed only where `reach <= depth - l`. `token` is the token's
    number, -1 for padding.
    """

    slots: npt.NDArray[np.int32]
    reach: npt.NDArray[np.int32]
    token: npt.NDArray[np.int32]

    @property
    def n_rows(self) -> int:
        """Number of rows, padding included."""
        return len(self.slots)


def pad_rows(slots: npt.NDArray[np.int32], doc_offsets: Ints, padding: int) -> PaddedRows:
    """The padded rows of tokens whose table rows are `slots`."""
    lengths = np.diff(doc_offsets)
    n_rows = len(slots) + padding * (int(np.count_nonzero(lengths)) + 1)
    out = PaddedRows(*(np.empty(n_rows, dtype=np.int32) for _ in range(3)))
    _fill(slots, np.ascontiguousarray(doc_offsets, dtype=np.int64), padding, out.slots, out.reach, out.token)
    return out


@jit
def _fill(slots: Ints, doc_offsets: Ints, padding: int, out: Ints, reach: Ints, token: Ints) -> None:
    row = 0
    for doc in range(len(doc_offsets)):
        last = doc == len(doc_offsets) - 1
        if not last and doc_offsets[doc] == doc_offsets[doc + 1]:
            continue
        for pad in range(padding):
            out[row], token[row] = 0, -1
            after = pad + 1 if row > pad else padding
            before = padding - pad if not last else padding
            reach[row] = min(after, before)
            row += 1
        if last:
            break
        for i in range(doc_offsets[doc], doc_offsets[doc + 1]):
            out[row], reach[row], token[row] = slots[i], 0, i
            row += 1
