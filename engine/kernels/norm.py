# SPDX-License-Identifier: Apache-2.0
"""What follows a maxout: layer norm and the residual sum, for any width.

    mean, variance of the row;  out = (row - mean) / sqrt(variance + EPSILON) * gain + shift + inputs

One pass over a row that is still in the first cache, where norm and sum as two array operations would read
and write every vector twice. `vector.norm_lanes` is the same for widths of whole vectors, a device has
torch's. The truth: Thinc's `LayerNorm` inside `residual`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..jit.loops import jit_fastmath
from .arrays import Floats

EPSILON = np.float32(1e-8)
"""Added to the variance before its root; Thinc's constant."""


@jit_fastmath
def norm_add(
    values: Floats, row: Any, gain: Floats, shift: Floats, inputs: Floats, at: Any, out: Floats, to: Any
) -> None:
    """`out[to]` = layer norm of `values[row]`, plus `inputs[at]`: `(x - mean) / sqrt(variance + EPSILON) *
    gain + shift`.

    The variance is the biased one.
    Shape: values, out `(n, width)`, inputs `(m, width or more)`; gain, shift `(width,)`.
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
        out[to, i] = (values[row, i] - mean) * scale * gain[i] + shift[i] + inputs[at, i]


@jit_fastmath
def norm_add_rows(values: Floats, gain: Floats, shift: Floats, inputs: Floats, out: Floats) -> None:
    """Layer norm of each row plus a row of `inputs`. Shape: all `(n, width)`; inputs `(1, width)` is used for
    every row."""
    for row in range(len(out)):
        norm_add(values, row, gain, shift, inputs, row if len(inputs) > 1 else 0, out, row)
