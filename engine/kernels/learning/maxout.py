# SPDX-License-Identifier: Apache-2.0
"""A maxout layer as it learns, after its product: the largest piece, layer norm, dropout, residual sum, a row
at a time, and the way back.

    best, which = max over pieces of product + bias
    hat = (best - mean) / sqrt(variance + EPSILON)
    out = inputs + (hat * gain + shift) * kept

What is kept of a row for the way back: `which`, `hat`, one over the deviation, and the coins of the dropout,
which are 16-bit numbers as `layers.ops` draws them. The truth: Thinc's `Maxout` with `normalize`, inside
`residual`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...jit.loops import jit_noalloc_fastmath
from ..arrays import Floats
from ..norm import EPSILON

ONE = np.float32(1.0)


class Dropout(NamedTuple):
    """Which numbers of an array are kept: those whose coin is at least `least`, times `scale`.

    Shape: coins as the array, `(0, 0)` where all are kept as they are.
    """

    coins: npt.NDArray[np.uint16]
    least: int
    scale: np.float32


NOTHING = Dropout(np.frombuffer(b"", np.uint16).reshape(0, 0), 0, ONE)
"""All is kept. Coins are read only, always, so that loops are compiled for one type."""


class Kept(NamedTuple):
    """What the way back needs of each row. Shape: which and hat `(n, nO)`, inverse `(n,)`."""

    which: npt.NDArray[np.uint8]
    hat: Floats
    inverse: Floats


def room_for(n_rows: int, width: int) -> Kept:
    """Arrays for that many rows."""
    return Kept(
        np.empty((n_rows, width), np.uint8),
        np.empty((n_rows, width), np.float32),
        np.empty(n_rows, np.float32),
    )


@jit_noalloc_fastmath
def largest_rows(products: Floats, bias: Floats, kept: Kept) -> None:
    """The largest piece of every output, with its bias, into `kept.hat`, and which it is.

    Shape: products `(n, nP * nO)`, bias `(nP * nO,)`, one piece after the other. The first of equal ones
    wins.
    """
    n_rows, width = kept.hat.shape
    n_pieces = len(bias) // width
    for row in range(n_rows):
        if n_pieces == 3:
            for i in range(width):
                best, a = products[row, i] + bias[i], np.uint8(0)
                second = products[row, width + i] + bias[width + i]
                third = products[row, 2 * width + i] + bias[2 * width + i]
                a = np.uint8(1) if second > best else a
                best = second if second > best else best
                a = np.uint8(2) if third > best else a
                best = third if third > best else best
                kept.hat[row, i] = best
                kept.which[row, i] = a
            continue
        for i in range(width):
            kept.hat[row, i] = products[row, i] + bias[i]
            kept.which[row, i] = 0
        for piece in range(1, n_pieces):
            for i in range(width):
                value = products[row, piece * width + i] + bias[piece * width + i]
                above = value > kept.hat[row, i]
                kept.hat[row, i] = value if above else kept.hat[row, i]
                kept.which[row, i] = np.uint8(piece) if above else kept.which[row, i]


@jit_noalloc_fastmath
def norm_rows(kept: Kept) -> None:
    """Each row of `hat` minus its mean, by its deviation."""
    n_rows, width = kept.hat.shape
    hat = kept.hat
    for row in range(n_rows):
        total = np.float32(0.0)
        for i in range(width):
            total += hat[row, i]
        mean = total / np.float32(width)
        square = np.float32(0.0)
        for i in range(width):
            square += (hat[row, i] - mean) * (hat[row, i] - mean)
        scale = ONE / np.float32(math.sqrt(square / np.float32(width) + EPSILON))
        kept.inverse[row] = scale
        for i in range(width):
            hat[row, i] = (hat[row, i] - mean) * scale


@jit_noalloc_fastmath
def scale_rows(kept: Kept, gain: Floats, shift: Floats, out: Floats) -> None:
    """`out = hat * gain + shift`. Shape: out `(n, nO)`."""
    for row in range(len(out)):
        for i in range(len(gain)):
            out[row, i] = kept.hat[row, i] * gain[i] + shift[i]


@jit_noalloc_fastmath
def add_rows(kept: Kept, gain: Floats, shift: Floats, dropout: Dropout, inputs: Floats, out: Floats) -> None:
    """`out = inputs + (hat * gain + shift) * kept`. Shape: `(n, nO)` each."""
    hat, coins = kept.hat, dropout.coins
    n_rows, width = hat.shape
    for row in range(n_rows):
        if len(coins):
            for i in range(width):
                value = (hat[row, i] * gain[i] + shift[i]) * dropout.scale
                out[row, i] = inputs[row, i] + (value if coins[row, i] >= dropout.least else np.float32(0.0))
        else:
            for i in range(width):
                out[row, i] = inputs[row, i] + hat[row, i] * gain[i] + shift[i]


@jit_noalloc_fastmath
def back_rows(
    d_out: Floats, kept: Kept, gain: Floats, dropout: Dropout, d_gain: Floats, d_shift: Floats, d_best: Floats
) -> None:
    """From the gradient by a layer's output to that by the largest pieces, and add up those of gain and
    shift.

    Shape: d_out, d_best `(n, nO)`, which may be one array; gain, d_gain, d_shift `(nO,)`.
    """
    hat, coins = kept.hat, dropout.coins
    n_rows, width = hat.shape
    over = ONE / np.float32(width)
    for row in range(n_rows):
        if len(coins):
            for i in range(width):
                value = d_out[row, i] * dropout.scale
                d_best[row, i] = value if coins[row, i] >= dropout.least else np.float32(0.0)
        else:
            for i in range(width):
                d_best[row, i] = d_out[row, i]
        total, along = np.float32(0.0), np.float32(0.0)
        for i in range(width):
            value = d_best[row, i]
            d_shift[i] += value
            d_gain[i] += value * hat[row, i]
            value *= gain[i]
            d_best[row, i] = value
            total += value
            along += value * hat[row, i]
        total, along, scale = total * over, along * over, kept.inverse[row]
        for i in range(width):
            d_best[row, i] = (d_best[row, i] - total - hat[row, i] * along) * scale
