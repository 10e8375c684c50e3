# SPDX-License-Identifier: Apache-2.0
"""What stands around a convolution's product: sums of table rows, maximum over pieces, layer norm, residual."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arrays import Floats
from .jit import fast_jit

EPSILON = np.float32(1e-8)
"""Added to the variance before its root; Thinc's constant."""


@fast_jit
def normalise(values: Floats, row: Any, gain: Floats, shift: Floats) -> None:
    """Layer norm of one row in place: `(x - mean) / sqrt(variance + EPSILON) * gain + shift`, biased variance.

    Shape: values `(n_rows, width)`; gain, shift `(width,)`.
    """
    width = values.shape[1]
    total = np.float32(0.0)
    for i in range(width):
        total += values[row, i]
    mean = total / np.float32(width)
    square = np.float32(0.0)
    for i in range(width):
        square += (values[row, i] - mean) * (values[row, i] - mean)
    scale = np.float32(1.0) / np.float32(math.sqrt(square / np.float32(width) + EPSILON))
    for i in range(width):
        values[row, i] = (values[row, i] - mean) * scale * gain[i] + shift[i]


@fast_jit
def maximum(products: Floats, row: Any, n_pieces: int, out: Floats, to: Any) -> None:
    """`out[to]` = the maximum over the pieces of `products[row]`, which stand one after the other."""
    width = out.shape[1]
    for i in range(width):
        best = products[row, i]
        for piece in range(1, n_pieces):
            best = max(best, products[row, piece * width + i])
        out[to, i] = best


@fast_jit
def maxout_norm(products: Floats, n_pieces: int, gain: Floats, shift: Floats, out: Floats) -> None:
    """Maximum over the pieces of each row, then layer norm.

    Shape: products `(n_rows, n_pieces * width)`, out `(n_rows, width)`.
    """
    for row in range(len(out)):
        maximum(products, row, n_pieces, out, row)
        normalise(out, row, gain, shift)


@fast_jit
def residual_maxout_norm(products: Floats, n_pieces: int, gain: Floats, shift: Floats, inputs: Floats, out: Floats) -> None:
    """Maximum over the pieces, layer norm, plus the layer's input.

    Shape: products `(n_rows, n_pieces * width)`; inputs, out `(n_rows, width)`.
    """
    for row in range(len(out)):
        maximum(products, row, n_pieces, out, row)
        normalise(out, row, gain, shift)
        for i in range(out.shape[1]):
            out[row, i] += inputs[row, i]


@fast_jit
def first_layer_row(table: Floats, left: Any, middle: Any, right: Any, n_pieces: int, bias: Floats, out: Floats, to: Any) -> None:
    """Maximum over pieces of the first convolution at one token, from three table rows; not yet normalised.

    A table row holds the embedding, then its product with the left, the middle and the right part of the first layer's weights.
    Shape: table `(n_lexemes, (1 + 3 * n_pieces) * width)`, bias `(n_pieces * width,)`.
    """
    width = out.shape[1]
    step = n_pieces * width
    for i in range(width):
        best = table[left, width + i] + table[middle, width + step + i] + table[right, width + 2 * step + i] + bias[i]
        for piece in range(1, n_pieces):
            at = piece * width + i
            value = table[left, width + at] + table[middle, width + step + at] + table[right, width + 2 * step + at] + bias[at]
            best = max(best, value)
        out[to, i] = best
