# SPDX-License-Identifier: Apache-2.0
"""Products of a maxout's gradient, in which each output has one piece: a third of the terms at three pieces.

    inputs of row  += sum over outputs of  d[row, output] * W[output, piece]       `add_inputs`
    W[output, piece] += sum over rows with this piece of  d[row, output] * x[row]  `add_weights`

    for rows in chunks of CHUNK:
        for outputs in blocks of OUTPUTS, columns in blocks:    27 KB of weights stay in cache
            for row in rows: inputs[row, columns] += terms of these outputs
    for rows in chunks of CHUNK:                                           their inputs, 24 KB, stay there
        for output: terms of its rows, piece by piece
            for piece, columns in blocks: W[output, piece, columns] += terms

Rows of inputs are given by address and stride, so the windows of a convolution overlap where they lie: no
window is copied, and the gradient of a window is added where its rows are. The truth: the dense product,
whose order the sums keep.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...jit.loops import jit, jit_noalloc
from ..arrays import Floats, Ints
from .scaled_rows import add_columns, block_of

CHUNK = 64
OUTPUTS = 16


def add_inputs(
    d_best: Floats, which: npt.NDArray[np.uint8], weights: Floats, out: int, out_stride: int
) -> None:
    """Add the gradient of each row's inputs to the row at `out + row * out_stride` (bytes).

    Shape: d_best, which `(n, nO)`; weights `(nO, nP, nI)`, C-ordered, nI in whole vectors.
    """
    _add_inputs(d_best, which, weights, out, out_stride, block_of(weights.shape[2]))


@jit
def _add_inputs(
    d_best: Floats, which: npt.NDArray[np.uint8], weights: Floats, out: int, out_stride: int, block: int
) -> None:
    n_rows, n_out = d_best.shape
    n_pieces, n_in = weights.shape[1], weights.shape[2]
    bits, base = d_best.view(np.uint32), weights.ctypes.data
    terms = np.empty((CHUNK, n_out), np.uint64)
    for start in range(0, n_rows, CHUNK):
        size = min(CHUNK, n_rows - start)
        for i in range(size):
            for o in range(n_out):
                offset = np.uint64((o * n_pieces + which[start + i, o]) * n_in * 4)
                terms[i, o] = (offset << np.uint64(32)) | np.uint64(bits[start + i, o])
        for first in range(0, n_out, OUTPUTS):
            n_terms = min(OUTPUTS, n_out - first)
            for column in range(0, n_in, block):
                at = terms.ctypes.data + first * 8
                for i in range(size):
                    to = out + (start + i) * out_stride + column * 4
                    add_columns(at + i * n_out * 8, n_terms, base + column * 4, to, block)


def add_weights(
    d_best: Floats, which: npt.NDArray[np.uint8], inputs: int, stride: int, d_weights: Floats, d_bias: Floats
) -> None:
    """Add the gradients of weights and bias; the inputs of a row are at `inputs + row * stride` (bytes).

    Shape: d_best, which `(n, nO)`; d_weights `(nO, nP, nI)`, d_bias `(nO, nP)`, C-ordered.
    """
    _add_weights(d_best, which, inputs, stride, d_weights, block_of(d_weights.shape[2]))
    add_bias(d_best, which, d_bias)


@jit
def _add_weights(
    d_best: Floats, which: npt.NDArray[np.uint8], inputs: int, stride: int, d_weights: Floats, block: int
) -> None:
    n_rows, n_out = d_best.shape
    n_pieces, n_in = d_weights.shape[1], d_weights.shape[2]
    bits = d_best.view(np.uint32)
    terms, counts = np.empty((n_pieces, CHUNK + 1), np.uint64), np.empty(n_pieces, np.int64)
    for start in range(0, n_rows, CHUNK):
        end = min(start + CHUNK, n_rows)
        for o in range(n_out):
            _sort_terms(bits, which, start, end, o, stride, terms, counts)
            for piece in range(n_pieces):
                to = d_weights.ctypes.data + (o * n_pieces + piece) * n_in * 4
                at = terms.ctypes.data + piece * (CHUNK + 1) * 8
                for column in range(0, n_in, block):
                    rows = inputs + start * stride + column * 4
                    add_columns(at, counts[piece], rows, to + column * 4, block)


@jit_noalloc
def _sort_terms(
    bits: Ints,
    which: npt.NDArray[np.uint8],
    start: int,
    end: int,
    o: int,
    stride: int,
    terms: Ints,
    counts: Ints,
) -> None:
    """Terms of an output's rows, piece by piece. With three pieces each is written to all three and counted
    for one: a branch would be guessed wrong every other time, a count in memory waited for."""
    shift = np.uint64(32)
    if len(counts) == 3:
        a, b, c = 0, 0, 0
        for row in range(start, end):
            term = (np.uint64((row - start) * stride) << shift) | np.uint64(bits[row, o])
            piece = which[row, o]
            terms[0, a] = term
            terms[1, b] = term
            terms[2, c] = term
            a += piece == 0
            b += piece == 1
            c += piece == 2
        counts[0], counts[1], counts[2] = a, b, c
        return
    counts[:] = 0
    for row in range(start, end):
        piece = which[row, o]
        terms[piece, counts[piece]] = (np.uint64((row - start) * stride) << shift) | np.uint64(bits[row, o])
        counts[piece] += 1


@jit
def add_bias(d_best: Floats, which: npt.NDArray[np.uint8], d_bias: Floats) -> None:
    """Add the gradient of the bias. Shape: d_best, which `(n, nO)`; d_bias `(nO, nP)`."""
    n_rows, n_out = d_best.shape
    sums = np.zeros((d_bias.shape[1], n_out), np.float32)
    for row in range(n_rows):
        for piece in range(len(sums)):
            for o in range(n_out):
                sums[piece, o] += d_best[row, o] if which[row, o] == piece else np.float32(0.0)
    for o in range(n_out):
        for piece in range(len(sums)):
            d_bias[o, piece] += sums[piece, o]
