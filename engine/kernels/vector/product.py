# SPDX-License-Identifier: Apache-2.0
"""The product of two arrays that are seen once: what training multiplies, forwards and backwards.

    right = y in column blocks of three vectors (what is left over: of one), inner dimension first
    for block in right:                                                    stays in the second cache
        for rows of x, TILE_ROWS at a time:                                the last one ends with the last row
            out[rows, block] = tile(x[rows], right[block])                 sums in registers, beginning at 0

Each sum is made in the order of the inner dimension, a product and a sum rounded once, so its bits depend
neither on the number of rows, nor on the length of vectors, nor on threads or installed libraries; SSE alone
rounds twice and has bits of its own. Rows and
steps of `x` are strides, so its transpose needs no copy. The truth: `x @ y` in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from ...jit.loops import jit
from ..arrays import Floats, Scratch
from . import lanes
from .lanes import LANES
from .tiles import ADDRESS, TILE_ROWS, accumulate, write

WIDE = 3 * LANES
"""Columns of a wide block."""

STEPS = 16
"""Steps of the inner dimension that are turned around at a time: a cache line of each row of `y`."""

_scratch = Scratch()


def multiply(x: Floats, y: Floats, out: Floats) -> None:
    """Write `x @ y` to `out`, which is C-ordered; `x` and `y` have any strides.

    Shape: `(n, k)`, `(k, m)` -> `(n, m)`, none of them 0.
    """
    (n_rows, depth), n_columns = x.shape, y.shape[1]
    n_wide = n_columns // WIDE
    width = n_wide * WIDE + -(-(n_columns - n_wide * WIDE) // LANES) * LANES
    right = _scratch.get("right", (depth * width,))
    turned = y.strides[0] < y.strides[1]
    _pack(np.ascontiguousarray(y.T if turned else y), turned, n_wide, right)
    if n_rows < TILE_ROWS:
        x, given = _scratch.get("x", (TILE_ROWS, depth)), x
        x[:n_rows], x[n_rows:] = given, 0
    rest = _scratch.get("rest", (TILE_ROWS, WIDE))
    row_bytes, step_bytes = x.strides
    _multiply(x.ctypes.data, row_bytes, step_bytes, right, depth, n_wide, rest, out)


def _make_tile(cols: int) -> Any:
    """An intrinsic `(x, row_bytes, step_bytes, right, depth, out, out_bytes)`."""

    @intrinsic
    def tile(
        context: Any,
        x: Any,
        row_bytes: Any,
        step_bytes: Any,
        right: Any,
        depth: Any,
        out: Any,
        out_bytes: Any,
    ) -> Any:
        """Emit the tile in place of the call."""

        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            emit_tile(builder, args, cols)
            return context.get_dummy_value()

        return types.void(*[ADDRESS] * 7), emit

    return tile


def emit_tile(builder: Any, args: Any, cols: int) -> None:
    """The tile's instructions; `args` as in `_make_tile`."""
    x, row_bytes, step_bytes, right, depth, out, out_bytes = args
    rows = [builder.add(x, builder.mul(row_bytes, lanes.constant(row))) for row in range(TILE_ROWS)]

    def left(row: Any, step: Any) -> Any:
        at = builder.add(row, builder.mul(step, step_bytes))
        return builder.load(builder.inttoptr(at, lanes.FLOAT.as_pointer()))

    start = [lanes.number(0.0)] * cols
    write(builder, accumulate(builder, rows, left, right, depth, start), out, out_bytes, maximum=False)


tile_1 = _make_tile(1)
tile_3 = _make_tile(3)


@jit
def _pack(y: Floats, turned: bool, n_wide: int, right: Floats) -> None:
    """Column blocks of `y`, or of its transpose; columns past the last are zeros."""
    n_columns, depth = (y.shape[0], y.shape[1]) if turned else (y.shape[1], y.shape[0])
    at, first = 0, 0
    while first < n_columns:
        cols = WIDE if first < n_wide * WIDE else LANES
        size = min(cols, n_columns - first)
        block = right[at : at + depth * cols].reshape(depth, cols)
        if size < cols:
            block[:, size:] = 0
        if turned:
            for start in range(0, depth, STEPS):
                for column in range(size):
                    for step in range(start, min(start + STEPS, depth)):
                        block[step, column] = y[first + column, step]
        else:
            for step in range(depth):
                for column in range(size):
                    block[step, column] = y[step, first + column]
        at, first = at + depth * cols, first + cols


@jit
def _multiply(
    x: int, row_bytes: int, step_bytes: int, right: Floats, depth: int, n_wide: int, rest: Floats, out: Floats
) -> None:
    """All tiles. Where one would write past the columns or rows that there are, it writes to `rest`."""
    n_rows, n_columns = out.shape
    block, first = right.ctypes.data, 0
    while first < n_columns:
        wide = first < n_wide * WIDE
        cols = WIDE if wide else LANES
        inside = n_rows >= TILE_ROWS and first + cols <= n_columns
        to, stride = (out.ctypes.data + first * 4, n_columns * 4) if inside else (rest.ctypes.data, WIDE * 4)
        for start in range(0, n_rows, TILE_ROWS):
            row = max(0, min(start, n_rows - TILE_ROWS))
            rows, at = x + row * row_bytes, to + row * stride if inside else to
            if wide:
                tile_3(rows, row_bytes, step_bytes, block, depth, at, stride)
            else:
                tile_1(rows, row_bytes, step_bytes, block, depth, at, stride)
            if not inside:
                _copy(rest, out, row, first)
        block += depth * cols * 4
        first += cols


@jit
def _copy(rest: Floats, out: Floats, row: int, first: int) -> None:
    for i in range(min(TILE_ROWS, out.shape[0] - row)):
        for column in range(first, min(first + WIDE, out.shape[1])):
            out[row + i, column] = rest[i, column - first]
