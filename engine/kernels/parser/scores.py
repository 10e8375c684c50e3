# SPDX-License-Identifier: Apache-2.0
"""From feature tokens to the action: state vector, scores, and the best action that is valid.

    hidden[i] = max over pieces of (bias + sum over slots of products[slot, row of its token])
    scores    = bias + hidden @ W.T        one row: eight inputs a pass; enough rows: in tiles, the same order
    best      = first class of the largest score among ranges of classes whose kind is valid

Validity depends on the kind of action alone, so whole ranges are passed over and the rest is a maximum, which
becomes vector code; a test in each class would not. The truth: `decoders.parser_decoder`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...jit.loops import jit_noalloc, jit_noalloc_fastmath, jit_noalloc_fma
from ..arrays import Floats, Ints
from ..vector.packed import PRODUCT_1, Packed, multiply_rows
from ..vector.tiles import TILE_ROWS
from ..weights import TransitionWeights
from .state import N_KINDS

VECTOR = 16
"""Scores are filled up to so many, a whole vector on every CPU."""


class UpperWeights(NamedTuple):
    """The upper layer, its actions filled up to whole vectors; the same packed for tiles; `exists` is False
    where the lower layer gives the scores.

    Shape: weights `(nO, width)`, inputs first, bias `(width,)`; packed and packed_bias as `Packed` has them.
    """

    weights: Floats
    bias: Floats
    exists: bool
    packed: Floats
    packed_bias: Floats


def lay_out_upper(weights: TransitionWeights) -> UpperWeights:
    """Lay out the upper layer, or zeros where there is none."""
    n_actions = len(weights.moves)
    width = -(-n_actions // VECTOR) * VECTOR
    exists = weights.upper_W is not None and weights.upper_b is not None
    n_in = weights.upper_W.shape[1] if weights.upper_W is not None else 1
    upper, bias = np.zeros((n_in, width), dtype=np.float32), np.zeros(width, dtype=np.float32)
    if weights.upper_W is not None and weights.upper_b is not None:
        upper[:, :n_actions], bias[:n_actions] = weights.upper_W.T, weights.upper_b
    packed = Packed(PRODUCT_1, np.ascontiguousarray(upper.T), bias)
    return UpperWeights(upper, bias, exists, packed.weights, packed.bias)


def class_arrays(weights: TransitionWeights, subtok: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Move, label and kind of every class, and the ranges of neighbouring classes of one kind; arcs inside
    one word, with the label `subtok`, are a kind of their own.

    Shape: `(n_actions,)` each; ranges `(n_ranges, 3)`: kind, first class, end.
    """
    moves = np.ascontiguousarray(weights.moves, dtype=np.int64)
    labels = np.ascontiguousarray(weights.labels, dtype=np.int64)
    kinds = np.where((labels == subtok) & (subtok >= 0), N_KINDS - 1, moves).astype(np.int64)
    firsts = np.flatnonzero(np.diff(kinds, prepend=-1))
    ends = np.append(firsts[1:], len(kinds))
    ranges = np.ascontiguousarray(np.stack([kinds[firsts], firsts, ends], axis=1), dtype=np.int64)
    return moves, labels, kinds, ranges


@jit_noalloc_fastmath
def write_hidden(products: Floats, rows: Ints, bias: Floats, hidden: Floats, to: Any) -> None:
    """The state vector into row `to`: a sum over feature slots, then the largest piece.

    Shape: products `(nF, n_rows, nP, nO)`, rows `(nF,)`, bias `(nP, nO)`, hidden `(n, nO)`.
    """
    n_pieces, width = bias.shape
    eight = len(rows) == 8
    a, b, c, d, e, f, g, h = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]
    for piece in range(n_pieces):
        for i in range(width):
            value = (
                bias[piece, i]
                + products[0, a, piece, i]
                + products[1, b, piece, i]
                + products[2, c, piece, i]
            )
            value += products[3, d, piece, i] + products[4, e, piece, i] + products[5, f, piece, i]
            value += products[6, g, piece, i] + products[7, h, piece, i]
            if not eight:
                for slot in range(8, len(rows)):
                    value += products[slot, rows[slot], piece, i]
            hidden[to, i] = value if piece == 0 else max(hidden[to, i], value)


@jit_noalloc
def write_scores(hidden: Floats, n: Any, offsets: Ints, upper: Any, scores: Floats) -> None:
    """The upper layer of the first `n` rows: in tiles where there are enough rows to fill one, which adds up
    in the same order."""
    if 2 * n >= TILE_ROWS:
        n_in = hidden.shape[1]
        for i in range(len(offsets)):
            offsets[i] = min(i, n - 1) * n_in * 4
        packed, base, at = upper.packed.ctypes.data, upper.packed_bias.ctypes.data, scores.ctypes.data
        inputs, rows, n_blocks, stride = (
            hidden.ctypes.data,
            offsets.ctypes.data,
            len(upper.packed),
            scores.shape[1] * 4,
        )
        multiply_rows(PRODUCT_1, inputs, rows, n, packed, base, n_blocks, n_in, at, stride)
    else:
        for row in range(n):
            score_row(hidden, row, upper, scores)


@jit_noalloc_fma
def score_row(hidden: Floats, row: Any, upper: Any, scores: Floats) -> None:
    """The upper layer of one row, eight inputs a pass, each score a chain of multiply-adds in the order of
    the inputs."""
    weights, bias = upper.weights, upper.bias
    n_in, width = weights.shape
    for i in range(width):
        scores[row, i] = bias[i]
    whole = n_in - n_in % 8
    for k in range(0, whole, 8):
        a, b, c, d = hidden[row, k], hidden[row, k + 1], hidden[row, k + 2], hidden[row, k + 3]
        e, f, g, h = hidden[row, k + 4], hidden[row, k + 5], hidden[row, k + 6], hidden[row, k + 7]
        for i in range(width):
            value = a * weights[k, i] + scores[row, i]
            value = b * weights[k + 1, i] + value
            value = c * weights[k + 2, i] + value
            value = d * weights[k + 3, i] + value
            value = e * weights[k + 4, i] + value
            value = f * weights[k + 5, i] + value
            value = g * weights[k + 6, i] + value
            scores[row, i] = h * weights[k + 7, i] + value
    for k in range(whole, n_in):
        for i in range(width):
            scores[row, i] += hidden[row, k] * weights[k, i]


@jit_noalloc_fastmath
def best_action(scores: Floats, row: Any, ranges: Ints, valid: npt.NDArray[np.bool_]) -> Any:
    """The first valid action with the highest score of a row, -1 where none is valid."""
    best, found = np.float32(0.0), -1
    for r in range(len(ranges)):
        if valid[ranges[r, 0]]:
            top = scores[row, ranges[r, 1]]
            for i in range(ranges[r, 1] + 1, ranges[r, 2]):
                top = max(top, scores[row, i])
            if found < 0 or top > best:
                best, found = top, r
    if found < 0:
        return np.int64(-1)
    action = ranges[found, 1]
    while scores[row, action] != best and action < ranges[found, 2] - 1:
        action += 1
    return action
