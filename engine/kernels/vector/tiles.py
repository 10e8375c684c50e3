# SPDX-License-Identifier: Apache-2.0
"""The register tile: some rows times up to three vectors of columns, all sums in registers.

    sums[row][col] = bias[col]                                for TILE_ROWS rows, 3 vectors of columns
    for k in depth:
        for col: w = weights[k, col]                          one load each
        for row: x = splat(inputs[row, k]);  for col: sums[row][col] += x * w[col]
    store sums, or of each row the largest of its vectors (pieces of a maxout)

With eight rows, twenty-four independent sums hide the latency of the multiply-add; one step loads three
weight vectors and eight inputs for twenty-four multiply-adds, so the loads never limit. Measured on Zen 4:
118 GFLOP/s a core, the peak. Where a sum leaves the registers, the loop waits for its store and load, several
times slower: `tests/engine/kernels/vector/test_tiles.py` reads the machine code. Rows are given by byte
offset, so overlapping windows need no copy and padding rows can be left out. The truth: `inputs @ W.T + b`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..cpu import cpu_features
from . import lanes

TILE_ROWS = cpu_features().registers // 4 if cpu_features().fma else 2
"""Eight rows of three vectors use 28 of the 32 registers of AVX-512 and NEON, four rows all 16 of AVX2's. SSE
has 16, and each product takes one until it is added: two rows."""

HALF_ROWS = TILE_ROWS // 2
"""Rows of half a tile: twelve sums still hide the latency of one multiply-add a cycle."""

ADDRESS = types.intp


def _make_tile(cols: int, maximum: bool, n_rows: int = TILE_ROWS) -> Any:
    """An intrinsic `(inputs, offsets, weights, depth, bias, out, out_stride)`; strides and offsets in bytes.

    `weights` holds `depth` steps of `cols` vectors. With `maximum` the columns' vectors are pieces of one
    maxout and one vector a row is stored; otherwise `cols` vectors a row are.
    """

    @intrinsic
    def tile(
        context: Any,
        inputs: Any,
        offsets: Any,
        weights: Any,
        depth: Any,
        bias: Any,
        out: Any,
        out_stride: Any,
    ) -> Any:
        """Emit the tile in place of the call."""
        signature = types.void(*[ADDRESS] * 7)

        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            emit_tile(builder, args, cols, maximum, n_rows)
            return context.get_dummy_value()

        return signature, emit

    return tile


def emit_tile(builder: Any, args: Any, cols: int, maximum: bool, n_rows: int = TILE_ROWS) -> None:
    """The tile's instructions; `args` as in `_make_tile`."""
    inputs, offsets, weights, depth, bias, out, out_stride = args
    rows = [_row_pointer(builder, inputs, offsets, row) for row in range(n_rows)]
    start = [lanes.load(builder, plus(builder, bias, lanes.VECTOR_BYTES * col)) for col in range(cols)]
    sums = accumulate(
        builder, rows, lambda row, step: builder.load(builder.gep(row, [step])), weights, depth, start
    )
    write(builder, sums, out, out_stride, maximum)


def accumulate(
    builder: Any,
    rows: list[Any],
    left: Callable[[Any, Any], Any],
    weights: Any,
    depth: Any,
    start: list[Any],
) -> list[list[Any]]:
    """The loop over the inner dimension: sums of each row begin at `start`, a vector a column; `left(row,
    step)` is the number of a row."""
    cols = len(start)
    before, loop, after = (
        builder.block,
        builder.append_basic_block("inner"),
        builder.append_basic_block("inner_end"),
    )
    builder.branch(loop)
    builder.position_at_end(loop)
    step = builder.phi(lanes.INT64)
    sums = [[builder.phi(lanes.FLOATS) for _ in range(cols)] for _ in rows]
    at = builder.add(weights, builder.mul(step, lanes.constant(lanes.VECTOR_BYTES * cols)))
    right = [
        lanes.load(builder, plus(builder, at, lanes.VECTOR_BYTES * col), align=lanes.VECTOR_BYTES)
        for col in range(cols)
    ]
    new = []
    for row, total in zip(rows, sums, strict=True):
        number = lanes.splat(builder, left(row, step))
        new.append([lanes.multiply_add(builder, number, right[col], total[col]) for col in range(cols)])
    next_step = builder.add(step, lanes.constant(1))
    step.add_incoming(lanes.constant(0), before)
    step.add_incoming(next_step, loop)
    for total, result in zip(sums, new, strict=True):
        for col in range(cols):
            total[col].add_incoming(start[col], before)
            total[col].add_incoming(result[col], loop)
    builder.cbranch(builder.icmp_signed("<", next_step, depth), loop, after)
    builder.position_at_end(after)
    return new


def write(builder: Any, sums: list[list[Any]], out: Any, out_stride: Any, maximum: bool) -> None:
    """Store the sums, or of each row the largest of its vectors."""
    for row, vectors in enumerate(sums):
        at = builder.add(out, builder.mul(out_stride, lanes.constant(row)))
        if maximum:
            best = vectors[0]
            for vector in vectors[1:]:
                best = lanes.larger(builder, best, vector)
            lanes.store(builder, best, at)
        else:
            for col, vector in enumerate(vectors):
                lanes.store(builder, vector, plus(builder, at, lanes.VECTOR_BYTES * col))


def _row_pointer(builder: Any, inputs: Any, offsets: Any, row: int) -> Any:
    offset = builder.load(
        builder.gep(builder.inttoptr(offsets, lanes.INT64.as_pointer()), [lanes.constant(row)])
    )
    return builder.inttoptr(builder.add(inputs, offset), lanes.FLOAT.as_pointer())


def plus(builder: Any, address: Any, n_bytes: int) -> Any:
    """The address so many bytes on."""
    return builder.add(address, lanes.constant(n_bytes))


@intrinsic
def _first_maximum(context: Any, scores: Any, n_vectors: Any) -> Any:
    """Position of the first largest value of `n_vectors` vectors at the address `scores`."""
    signature = types.int32(ADDRESS, ADDRESS)

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        best, where = _lane_maxima(builder, *args)
        top = lanes.splat(builder, lanes.reduce(builder, "fmax", best))
        never = ir.Constant(lanes.INTS, [2**31 - 1] * lanes.LANES)
        return lanes.reduce(
            builder, "umin", builder.select(builder.fcmp_ordered("==", best, top), where, never)
        )

    return signature, emit


def _lane_maxima(builder: Any, scores: Any, n_vectors: Any) -> tuple[Any, Any]:
    """Of each lane the largest value and the position where it came first."""
    first = ir.Constant(lanes.INTS, list(range(lanes.LANES)))
    lowest = ir.Constant(lanes.FLOATS, [float("-inf")] * lanes.LANES)
    stride = ir.Constant(lanes.INTS, [lanes.LANES] * lanes.LANES)
    before, loop, after = (
        builder.block,
        builder.append_basic_block("scan"),
        builder.append_basic_block("scan_end"),
    )
    builder.branch(loop)
    builder.position_at_end(loop)
    step, best = builder.phi(lanes.INT64), builder.phi(lanes.FLOATS)
    where, here = builder.phi(lanes.INTS), builder.phi(lanes.INTS)
    vector = lanes.load(builder, builder.add(scores, builder.mul(step, lanes.constant(lanes.VECTOR_BYTES))))
    above = builder.fcmp_ordered(">", vector, best)
    new_best, new_where = builder.select(above, vector, best), builder.select(above, here, where)
    new_step, new_here = builder.add(step, lanes.constant(1)), builder.add(here, stride)
    pairs = [
        (step, lanes.constant(0), new_step),
        (best, lowest, new_best),
        (where, first, new_where),
        (here, first, new_here),
    ]
    for phi, start, value in pairs:
        phi.add_incoming(start, before)
        phi.add_incoming(value, loop)
    builder.cbranch(builder.icmp_signed("<", new_step, n_vectors), loop, after)
    builder.position_at_end(after)
    return new_best, new_where


first_maximum: Any = _first_maximum
product_1 = _make_tile(1, maximum=False)
product_3 = _make_tile(3, maximum=False)
half_1 = _make_tile(1, maximum=False, n_rows=HALF_ROWS)
half_3 = _make_tile(3, maximum=False, n_rows=HALF_ROWS)
maxout_2 = _make_tile(2, maximum=True)
maxout_3 = _make_tile(3, maximum=True)
