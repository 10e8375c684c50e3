# SPDX-License-Identifier: Apache-2.0
"""The innermost loop of products with few terms: a row plus some other rows, each times a number.

    sums = out[columns of a block]
    for number, offset in terms: sums += number * rows[offset, columns of a block]      sums in registers
    out[columns of a block] = sums

A term is eight bytes: the number's bits, then the offset in bytes as an unsigned number of 32 bits. With
AVX-512 a term is one number spread over a register and up to nine multiply-adds from memory. The sum follows
the order of the terms, each product and sum rounded once (SSE: twice), so that leaving out terms that are
zero leaves the bits of a dense product.
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

SUMS = 4 if not cpu_features().fma else 9 if lanes.LANES == 16 else 12
"""Vectors of sums in registers at most: with AVX-512 half a window of width 96 in one pass, of AVX2's sixteen
all but what terms need. SSE takes a register for each product, too."""


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


add_1: Any = _make(1)
add_2: Any = _make(2)
add_4: Any = _make(4)
add_6: Any = _make(min(SUMS, 6))
add_8: Any = _make(min(SUMS, 8))
add_most: Any = _make(SUMS)


def block_of(n_columns: int) -> int:
    """Columns of a block: the most that registers hold and that divide `n_columns`, whole vectors."""
    n_vectors = n_columns // lanes.LANES
    sizes = {size for size in (SUMS, 8, 6, 4, 2, 1) if size <= SUMS and n_vectors % size == 0}
    return max(sizes) * lanes.LANES


@jit_noalloc
def add_columns(terms: int, n_terms: int, rows: int, out: int, n_columns: int) -> None:
    """The sum for the columns of a block; nothing where there is no term."""
    n_vectors = n_columns // lanes.LANES
    if n_terms == 0:
        return
    if n_vectors == SUMS:
        add_most(terms, n_terms, rows, out)
    elif n_vectors == 8:
        add_8(terms, n_terms, rows, out)
    elif n_vectors == 6:
        add_6(terms, n_terms, rows, out)
    elif n_vectors == 4:
        add_4(terms, n_terms, rows, out)
    elif n_vectors == 2:
        add_2(terms, n_terms, rows, out)
    else:
        add_1(terms, n_terms, rows, out)
