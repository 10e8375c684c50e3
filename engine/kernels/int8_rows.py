# SPDX-License-Identifier: Apache-2.0
"""Rows in eight bits and products back in floats: what stands before and behind a product of bytes.

    scale = max |row| / 127;  bytes = round(row / scale)
    out = product * scale of the row * scale of the column + bias

Two passes over a row that is still in the first cache, where array operations would read and write all rows
six times. The truth: `engine/transformer/row_int8.py`, `rows_in_int8`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit_fastmath
from .arrays import Floats

LARGEST = np.float32(127.0)
SMALLEST = np.float32(1e-10)
WITHOUT_SIGN = np.int32(0x7FFFFFFF)
HALF = np.float32(0.5)


@jit_fastmath
def largest_bits(bits: npt.NDArray[np.int32], found: npt.NDArray[np.int32]) -> None:
    """The largest number of each row, signs left out, by its bits: floats without a sign are in the order of
    the integers that their bits spell, and those become vector code. Shape: bits `(n, width)`, found `(n,)`.
    """
    n, width = bits.shape
    for row in range(n):
        largest = np.int32(0)
        for i in range(width):
            largest = max(largest, bits[row, i] & WITHOUT_SIGN)
        found[row] = largest


@jit_fastmath
def bytes_of_rows(rows: Floats, largest: Floats, found: npt.NDArray[np.int8], scales: Floats) -> None:
    """`largest` is that of each row, signs left out. Shape: rows and found `(n, width)`, largest and scales
    `(n,)`. Halves are rounded away from zero."""
    n, width = rows.shape
    for row in range(n):
        size = largest[row] if largest[row] > SMALLEST else SMALLEST
        scales[row] = size / LARGEST
        units = LARGEST / size
        for i in range(width):
            value = rows[row, i] * units
            found[row, i] = np.int8(np.int32(value + (HALF if value >= 0 else -HALF)))


@jit_fastmath
def floats_of_products(
    products: npt.NDArray[np.int32], scales: Floats, columns: Floats, bias: Floats, out: Any
) -> None:
    """Shape: products and out `(n, width)`, scales `(n,)`, columns and bias `(width,)`."""
    n, width = products.shape
    for row in range(n):
        scale = scales[row]
        for i in range(width):
            out[row, i] = np.float32(products[row, i]) * (scale * columns[i]) + bias[i]
