# SPDX-License-Identifier: Apache-2.0
"""The compiled CNN encoder: hash embedding, mixing layer and residual window convolutions, for whole
batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .arrays import Floats, Ints
from .backend import Backend, exact_backend
from .device.encoder import DeviceBackend, DeviceCnn
from .lexeme_rows import LexemeRows
from .maxout import make_maxout
from .padded_rows import pad_rows
from .product_stack import TiledStack
from .vector.fused_stack import FusedStack, fits_fused
from .vector.packed import VectorBackend

if TYPE_CHECKING:
    from ..doc.batch import Batch
    from ..vocab.lexemes import LexemeTable

MAX_LEXEMES = 1 << 15
"""Rows of the lexeme table of one encoder: 3.75 KB each at width 96, so at most 120 MiB, and only as far as
they are used."""

Embed = Callable[["LexemeTable", Ints], Floats]
"""From kinds of token to their embeddings, for what is more than tables: lexeme ids, or 2 * id + blank where
`by_space`."""

ConvWeights = tuple[Floats, Floats, Floats, Floats]
"""W `(nO, nP, (2 * window + 1) * nO)`, b `(nO, nP)`, layer norm G `(nO,)` and beta `(nO,)`."""


@dataclass(frozen=True, slots=True, eq=False)
class CnnWeights:
    """Weights of a hash-embedding CNN as training has them.

    Shape: tables `(n_rows, width_of_table)` each; mix_W `(nO, nP, nI)` with nI the sum of the tables' widths,
    mix_b `(nO, nP)`, mix_G and mix_beta `(nO,)`; conv as `ConvWeights`, first layer first. Where `embed` is
    given, it is used in place of tables and mixing layer; with `by_space` the embedding depends on whether a
    blank follows, too.
    """

    attrs: tuple[str, ...]
    tables: tuple[Floats, ...]
    seeds: tuple[int, ...]
    mix_W: Floats
    mix_b: Floats
    mix_G: Floats
    mix_beta: Floats
    conv: tuple[ConvWeights, ...]
    window: int = 1
    embed: Embed | None = None
    by_space: bool = False


class CompiledCnn:
    """An encoder over a fixed copy of weights. Thread-safe; results do not depend on a document's neighbours.

    The embedding with its mixing layer depends on the lexeme alone, and so does each token's share of the
    first convolution's product: both stand in a table and are computed once a lexeme, in float32 whatever the
    back end.
    """

    def __init__(self, weights: CnnWeights, backend: Backend, max_lexemes: int = MAX_LEXEMES) -> None:
        """Pack the weights for a back end."""
        self.width = len(weights.mix_G)
        self._device = DeviceCnn(weights, backend.device) if isinstance(backend, DeviceBackend) else None
        exact = exact_backend(backend)
        mix = make_maxout(weights.mix_W, weights.mix_b, exact)
        first = exact.linear(_first_layer(weights)) if weights.conv else None
        self._by_space = weights.by_space
        self._padding = len(weights.conv) * weights.window
        self._rows = LexemeRows(weights, mix, first, max_lexemes)
        self._stack = _make_stack(weights, backend)

    def encode(self, batch: Batch) -> Floats:
        """Vectors of all tokens of a batch. Shape: `(n_tokens, width)`."""
        if self._device is not None:
            return self._device.encode(batch)
        out = np.empty((batch.n_tokens, self.width), dtype=np.float32)
        if batch.n_tokens:
            kinds = batch.lexeme_ids * 2 + batch.spaces if self._by_space else batch.lexeme_ids
            table, slots = self._rows.lookup(batch.lexemes, kinds)
            if self._padding:
                self._stack.run(table, pad_rows(slots, batch.doc_offsets, self._padding), out)
            else:
                out[:] = table[slots, : self.width]
        return out


def _make_stack(weights: CnnWeights, backend: Backend) -> FusedStack | TiledStack:
    """The convolutions in the form that suits the back end and the encoder's shape."""
    if isinstance(backend, VectorBackend) and fits_fused(weights):
        return FusedStack(weights)
    return TiledStack(weights, backend)


def _first_layer(weights: CnnWeights) -> Floats:
    """The first convolution as one map per window position, stacked. Shape: `((2 * window + 1) * nP * nO,
    nO)`."""
    W = weights.conv[0][0]
    columns = np.ascontiguousarray(W.swapaxes(0, 1)).reshape(-1, W.shape[2])
    return np.ascontiguousarray(np.concatenate(np.split(columns, 2 * weights.window + 1, axis=1)))
