# SPDX-License-Identifier: Apache-2.0
"""The CNN encoder on the CPU: hash embedding, mixing layer and residual window convolutions, for whole
batches.

    for each lexeme not seen before (`lexeme_rows`):
        table[lexeme] = [embedding | its share of the first convolution, for each place in the window]
    rows = slots of all tokens, with padding between documents (`padded_rows`)
    stack.run(table, rows)                       the convolutions, in the form that the back end chose

Texts repeat their words, so what depends on the word alone is computed once a word, not once a token: at
depth four these are the mixing layer and the first convolution, two of a token's five products. The truth:
the layers of Thinc that training uses, and `tests/engine/kernels/encoders.py` in float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from .arrays import Floats
from .backend import Backend
from .lexeme_rows import MAX_LEXEMES, LexemeRows
from .padded_rows import PaddedRows, pad_rows
from .weights import CnnWeights, piece_columns

if TYPE_CHECKING:
    from ..doc.batch import Batch


class Stack(Protocol):
    """The convolutions of an encoder, the first one out of table rows."""

    def run(self, table: Floats, rows: PaddedRows, out: Floats) -> None:
        """Fill `out` `(n_tokens, width)` from table rows."""
        ...


class CnnEncoder:
    """An encoder over a fixed copy of weights. Thread-safe; results do not depend on a document's neighbours.

    `exact` is the float32 back end for the table, which is kept, whatever computes the `stack`.
    """

    def __init__(
        self, weights: CnnWeights, exact: Backend, stack: Stack, max_lexemes: int = MAX_LEXEMES
    ) -> None:
        """Begin with an empty table."""
        self.width = len(weights.mix_G)
        first = exact.linear(_first_layer(weights)) if weights.conv else None
        self._by_space = weights.by_space
        self._padding = len(weights.conv) * weights.window
        self._rows = LexemeRows(weights, exact.maxout(weights.mix_W, weights.mix_b), first, max_lexemes)
        self._stack = stack

    def encode(self, batch: Batch) -> Floats:
        """Vectors of all tokens of a batch. Shape: `(n_tokens, width)`."""
        out = np.empty((batch.n_tokens, self.width), dtype=np.float32)
        if batch.n_tokens:
            kinds = batch.lexeme_ids * 2 + batch.spaces if self._by_space else batch.lexeme_ids
            table, slots = self._rows.lookup(batch.lexemes, kinds)
            if self._padding:
                self._stack.run(table, pad_rows(slots, batch.doc_offsets, self._padding), out)
            else:
                out[:] = table[slots, : self.width]
        return out


def _first_layer(weights: CnnWeights) -> Floats:
    """The first convolution as one map per window position, stacked. Shape: `((2 * window + 1) * nP * nO,
    nO)`."""
    columns = piece_columns(weights.conv[0][0])
    return np.ascontiguousarray(np.concatenate(np.split(columns, 2 * weights.window + 1, axis=1)))
