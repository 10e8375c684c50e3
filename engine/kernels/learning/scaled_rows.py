# SPDX-License-Identifier: Apache-2.0
"""The innermost loop of products with few terms: a row plus some other rows, each times a number.

    sums = out[0:COLUMNS]
    for number, offset in terms: sums += number * rows[offset : offset + COLUMNS]      sums in registers
    out[0:COLUMNS] = sums

A term is eight bytes: the number's bits, then the offset in bytes as an unsigned number of 32 bits. With
AVX-512 a term is one number spread over a register and six multiply-adds from memory. The sum follows the
order of the terms, each product and sum rounded once (SSE: twice), so that leaving out terms that are zero
leaves the bits of a dense product.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ...jit.loops import jit_noalloc
from ..cpu import cpu_features
from ..vector import lanes

ADDRESS = types.intp

BLOCK_VECTORS = 8 if not cpu_features().fma else 96 // lanes.LANES
"""Vectors of sums in registers: six of AVX-512, twelve of AVX2's sixteen, 24 of NEON's 32. SSE takes a
register for each product, too."""

COLUMNS = BLOCK_VECTORS * lanes.LANES
"""Columns of a block."""


def _make(n_vectors: int) -> Any:
    """An intrinsic `(terms, n_terms, rows, out)`; all but the count, which is at least one, are addresses."""

    @intrinsic
    def add_scaled(context: Any, terms: Any, n_terms: Any, rows: Any, out: Any) -> Any:
        """Emit the loop in place of the call."""

        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            _emit(builder, args, n_vectors)
            return context.get_dummy_value()

        return types.void(*[ADDRESS] * 4), emit

    return add_scaled


def _emit(builder: Any, args: Any, n_vectors: int) -> None:
    terms, n_terms, rows, out = args
    places = [lanes.constant(lanes.VECTOR_BYTES * i) for i in range(n_vectors)]
    start = [lanes.load(builder, builder.add(out, place)) for place in places]
    before, loop, after = (
        builder.block,
        builder.append_basic_block("terms"),
        builder.append_basic_block("terms_end"),
    )
    builder.branch(loop)
    builder.position_at_end(loop)
    step = builder.phi(lanes.INT64)
    sums = [builder.phi(lanes.FLOATS) for _ in places]
    term = builder.add(terms, builder.mul(step, lanes.constant(8)))
    number = builder.load(builder.inttoptr(term, lanes.FLOAT.as_pointer()))
    offset = builder.load(builder.inttoptr(builder.add(term, lanes.constant(4)), lanes.INT32.as_pointer()))
    at = builder.add(rows, builder.zext(offset, lanes.INT64))
    scale = lanes.splat(builder, number)
    new = [
        lanes.multiply_add(builder, scale, lanes.load(builder, builder.add(at, place)), total)
        for place, total in zip(places, sums, strict=True)
    ]
    following = builder.add(step, ir.Constant(lanes.INT64, 1))
    step.add_incoming(lanes.constant(0), before)
    step.add_incoming(following, loop)
    for total, first, result in zip(sums, start, new, strict=True):
        total.add_incoming(first, before)
        total.add_incoming(result, loop)
    builder.cbranch(builder.icmp_signed("<", following, n_terms), loop, after)
    builder.position_at_end(after)
    for place, result in zip(places, new, strict=True):
        lanes.store(builder, result, builder.add(out, place))


add_block: Any = _make(BLOCK_VECTORS)
add_vector: Any = _make(1)


@jit_noalloc
def add_columns(terms: int, n_terms: int, rows: int, out: int, n_columns: int) -> None:
    """The sum for so many columns, whole vectors and at most `COLUMNS`; nothing where there is no term."""
    if n_terms == 0:
        return
    if n_columns == COLUMNS:
        add_block(terms, n_terms, rows, out)
        return
    for column in range(0, n_columns, lanes.LANES):
        add_vector(terms, n_terms, rows + 4 * column, out + 4 * column)
