# SPDX-License-Identifier: Apache-2.0
"""Hash embedding and Maxout window encoder as they learn: one call forwards, one back.

    words    = the batch's different words                     tables, mixing layer: once each
    rows     = their vectors at the tokens' places, zero rows between documents
    for layer: rows = rows + dropout(norm(maxout(window of rows)))

A window is three rows (at window 1) that lie one after the other, so the product reads it where it is. The
truth: the same layers of Thinc, `tests/engine/kernels/learning/test_cnn.py`; sums of tokens with one word are
taken in another order there, and those of layer norm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..arrays import Floats, Ints, allocate, zeros
from ..product import product
from ..weights import piece_bias, piece_columns
from .hash_rows import add_to_rows, gather_words, spread_words, sum_rows
from .maxout import (
    NOTHING,
    Dropout,
    Kept,
    add_rows,
    back_rows,
    largest_rows,
    norm_rows,
    room_for,
    scale_rows,
)
from .sparse import add_inputs, add_weights

Keys = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class MaxoutArrays:
    """Arrays of a maxout with layer norm: its weights, or their gradients. Shape: W `(nO, nP, nI)`, b `(nO,
    nP)`, gain and shift `(nO,)`."""

    W: Floats
    b: Floats
    gain: Floats
    shift: Floats


@dataclass(frozen=True, slots=True, eq=False)
class CnnArrays:
    """Arrays of the whole encoder: its weights, or their gradients."""

    tables: Sequence[Floats]
    mix: MaxoutArrays
    layers: Sequence[MaxoutArrays]


@dataclass(frozen=True, slots=True, eq=False)
class CnnBatch:
    """What a batch asks for.

    Shape: keys `(n_words, 4)` for each table; masks `(width of table,)`, its columns' dropout; word_of,
    places `(n_tokens,)`, each token's word, and its row among `n_rows` with padding. Dropouts: of the tokens,
    then of the rows of each layer.
    """

    keys: Sequence[Keys]
    masks: Sequence[Floats]
    word_of: Ints
    places: Ints
    n_rows: int
    window: int
    dropouts: Sequence[Dropout]


def encode(weights: CnnArrays, batch: CnnBatch) -> tuple[Floats, Callable[[Floats, CnnArrays], None]]:
    """The tokens' vectors, and what adds the gradients: `(d_vectors, gradients)`. Shape: `(n_tokens, nO)`."""
    sums = _sum_tables(weights, batch)
    width = len(weights.mix.gain)
    mixed, kept_of_mix = _maxout(weights.mix, sums), room_for(len(sums), width)
    _finish(weights.mix, mixed, kept_of_mix)
    words = np.empty((len(sums), width), np.float32)
    scale_rows(kept_of_mix, weights.mix.gain, weights.mix.shift, words)
    rows = _zero_rows(batch, width)
    spread_words(words, batch.word_of, batch.places, batch.dropouts[0], _inner(rows, batch))
    steps: list[tuple[Floats, Kept]] = []
    for layer, dropout in zip(weights.layers, batch.dropouts[1:], strict=True):
        kept = room_for(batch.n_rows, width)
        _finish(layer, _maxout(layer, _windows(rows, batch)), kept)
        out = _zero_rows(batch, width)
        add_rows(kept, layer.gain, layer.shift, dropout, _inner(rows, batch), _inner(out, batch))
        steps.append((rows, kept))
        rows = out

    def backward(d_vectors: Floats, gradients: CnnArrays) -> None:
        d_rows = _zero_rows(batch, width)
        _inner(d_rows, batch)[batch.places] = d_vectors
        for index in reversed(range(len(steps))):
            inputs, kept = steps[index]
            d_rows = _layer_back(
                weights.layers[index], gradients.layers[index], batch, index, inputs, kept, d_rows
            )
        d_words = np.zeros((len(sums), width), np.float32)
        gather_words(_inner(d_rows, batch), batch.places, batch.word_of, batch.dropouts[0], d_words)
        _mix_back(weights, gradients, batch, sums, kept_of_mix, d_words)

    return _inner(rows, batch)[batch.places], backward


def _sum_tables(weights: CnnArrays, batch: CnnBatch) -> Floats:
    sums = allocate((len(batch.keys[0]), weights.mix.W.shape[2]))
    first = 0
    for table, keys, mask in zip(weights.tables, batch.keys, batch.masks, strict=True):
        sum_rows(table, keys, mask, sums, first)
        first += table.shape[1]
    return sums


def _maxout(weights: MaxoutArrays, inputs: Floats) -> Floats:
    """Products of all pieces, one piece after the other. Shape: `(n, nP * nO)`."""
    return product(inputs, piece_columns(weights.W).T)


def _finish(weights: MaxoutArrays, products: Floats, kept: Kept) -> None:
    largest_rows(products, piece_bias(weights.b), kept)
    norm_rows(kept)


def _zero_rows(batch: CnnBatch, width: int) -> Floats:
    """All rows, with a window's rows more before the first and after the last."""
    return zeros((batch.n_rows + 2 * batch.window, width))


def _inner(rows: Floats, batch: CnnBatch) -> Floats:
    return rows[batch.window : batch.window + batch.n_rows]


def _windows(rows: Floats, batch: CnnBatch) -> Floats:
    """Each row with its neighbours, where they lie. Shape: `(n_rows, (2 * window + 1) * nO)`."""
    columns = (2 * batch.window + 1) * rows.shape[1]
    return np.lib.stride_tricks.as_strided(rows, (batch.n_rows, columns), rows.strides, writeable=False)


def _layer_back(
    weights: MaxoutArrays,
    gradients: MaxoutArrays,
    batch: CnnBatch,
    index: int,
    inputs: Floats,
    kept: Kept,
    d_rows: Floats,
) -> Floats:
    """Gradients of a layer added, and that of its inputs: the residual's, with those of the windows on
    top."""
    d_best = np.empty(kept.hat.shape, np.float32)
    dropout = batch.dropouts[1 + index]
    back_rows(_inner(d_rows, batch), kept, weights.gain, dropout, gradients.gain, gradients.shift, d_best)
    stride = d_rows.strides[0]
    add_weights(d_best, kept.which, inputs.ctypes.data, stride, gradients.W, gradients.b)
    d_rows[: batch.window], d_rows[batch.window + batch.n_rows :] = 0.0, 0.0
    add_inputs(d_best, kept.which, weights.W, d_rows.ctypes.data, stride)
    return d_rows


def _mix_back(
    weights: CnnArrays, gradients: CnnArrays, batch: CnnBatch, sums: Floats, kept: Kept, d_words: Floats
) -> None:
    mix, d_mix = weights.mix, gradients.mix
    back_rows(d_words, kept, mix.gain, NOTHING, d_mix.gain, d_mix.shift, d_words)
    add_weights(d_words, kept.which, sums.ctypes.data, sums.strides[0], d_mix.W, d_mix.b)
    d_sums = zeros(sums.shape)
    add_inputs(d_words, kept.which, mix.W, d_sums.ctypes.data, d_sums.strides[0])
    first = 0
    for table, keys, mask in zip(gradients.tables, batch.keys, batch.masks, strict=True):
        add_to_rows(d_sums, first, keys, mask, table)
        first += table.shape[1]
