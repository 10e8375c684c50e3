# SPDX-License-Identifier: Apache-2.0
"""From feature tokens to the action: state vector, scores, and the best action that is valid."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...jit.loops import plain_fast_jit, plain_fused_jit, plain_jit
from ..arrays import Floats, Ints
from ..cpu import cpu_features
from ..vector.packed import PRODUCT_1, Packed, multiply_rows
from ..vector.tiles import TILE_ROWS
from ..weights import TransitionWeights

VECTOR = 16
"""Scores are filled up to so many, a whole vector on every CPU."""

TILED = cpu_features().lanes > 0
"""Whether this CPU can run the register tiles."""


def packed_upper(weights: TransitionWeights) -> tuple[Floats, Floats, bool, Floats, Floats]:
    """The upper layer, inputs first, its actions filled up to whole vectors; whether there is one; and the
    same packed for tiles.

    Shape: `(nO, width)`, `(width,)`, and as `Packed` has them.
    """
    n_actions = len(weights.moves)
    width = -(-n_actions // VECTOR) * VECTOR
    has_upper = weights.upper_W is not None and weights.upper_b is not None
    n_in = weights.upper_W.shape[1] if weights.upper_W is not None else 1
    upper, bias = np.zeros((n_in, width), dtype=np.float32), np.zeros(width, dtype=np.float32)
    if weights.upper_W is not None and weights.upper_b is not None:
        upper[:, :n_actions], bias[:n_actions] = weights.upper_W.T, weights.upper_b
    packed = Packed(PRODUCT_1, np.ascontiguousarray(upper.T), bias)
    return upper, bias, has_upper, packed.weights, packed.bias


def runs_of(kinds: Ints) -> Ints:
    """Runs of neighbouring classes of one kind. Shape: `(n_runs, 3)`: kind, first class, end."""
    firsts = np.flatnonzero(np.diff(kinds, prepend=-1))
    ends = np.append(firsts[1:], len(kinds))
    return np.ascontiguousarray(np.stack([kinds[firsts], firsts, ends], axis=1), dtype=np.int64)


@plain_fast_jit
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


@plain_jit
def write_scores(hidden: Floats, n: Any, offsets: Ints, upper: Any, scores: Floats) -> None:
    """The upper layer of the first `n` rows: in tiles where there are enough rows to fill one, which adds up
    in the same order."""
    if TILED and 2 * n >= TILE_ROWS:
        n_in = hidden.shape[1]
        for i in range(len(offsets)):
            offsets[i] = min(i, n - 1) * n_in * 4
        weights, bias, stride = upper[3], upper[4], scores.shape[1] * 4
        packed, base, at = weights.ctypes.data, bias.ctypes.data, scores.ctypes.data
        multiply_rows(
            PRODUCT_1,
            hidden.ctypes.data,
            offsets.ctypes.data,
            n,
            packed,
            base,
            len(weights),
            n_in,
            at,
            stride,
        )
    else:
        for row in range(n):
            score_row(hidden, row, upper, scores)


@plain_fused_jit
def score_row(hidden: Floats, row: Any, upper: Any, scores: Floats) -> None:
    """The upper layer of one row, eight inputs a pass, each score a chain of multiply-adds in the order of
    the inputs."""
    weights, bias = upper[0], upper[1]
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


@plain_fast_jit
def best_action(scores: Floats, row: Any, runs: Ints, valid: npt.NDArray[np.bool_]) -> Any:
    """The first valid action with the highest score of a row, -1 where none is valid."""
    best, run = np.float32(0.0), -1
    for r in range(len(runs)):
        if valid[runs[r, 0]]:
            top = scores[row, runs[r, 1]]
            for i in range(runs[r, 1] + 1, runs[r, 2]):
                top = max(top, scores[row, i])
            if run < 0 or top > best:
                best, run = top, r
    if run < 0:
        return np.int64(-1)
    action = runs[run, 1]
    while scores[row, action] != best and action < runs[run, 2] - 1:
        action += 1
    return action
