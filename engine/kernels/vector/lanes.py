# SPDX-License-Identifier: Apache-2.0
"""Vectors of float32 lanes in LLVM's own words: the small vocabulary that the vector kernels are written in.

A lane is one number of a vector; `LANES` of them are loaded, multiplied, added and stored at once. NumPy
arrays reach these kernels as addresses (`array.ctypes.data`), because a pointer with a known vector type is
what keeps a whole tile of sums in registers; the callers own the arrays and check shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from ..cpu import cpu_features

LANES = cpu_features().lanes
"""Numbers in a vector of this CPU: 16 with AVX-512, 8 with AVX2, 4 with NEON and SSE."""

VECTOR_BYTES = 4 * LANES
FLOAT = ir.FloatType()
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)
FLOATS = ir.VectorType(FLOAT, LANES)
INTS = ir.VectorType(INT32, LANES)


def constant(value: int) -> ir.Constant:
    """A 64-bit integer known while compiling."""
    return ir.Constant(INT64, value)


def load(builder: Any, address: Any, align: int = 4) -> Any:
    """A vector from `address`."""
    value = builder.load(builder.inttoptr(address, FLOATS.as_pointer()))
    value.align = align
    return value


def store(builder: Any, value: Any, address: Any) -> None:
    """A vector to `address`."""
    instruction = builder.store(value, builder.inttoptr(address, FLOATS.as_pointer()))
    instruction.align = 4


def splat(builder: Any, scalar: Any, vector: ir.VectorType = FLOATS) -> Any:
    """A vector that holds `scalar` in every lane."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(INT32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(INTS, [0] * LANES))


def multiply_add(builder: Any, left: Any, right: Any, total: Any) -> Any:
    """`left * right + total`, rounded once; twice where the CPU has no instruction for it (SSE).

    LLVM would call a function of libm for each number there.
    """
    if not cpu_features().fma:
        return builder.fadd(builder.fmul(left, right), total)
    return call(builder, f"llvm.fma.v{LANES}f32", FLOATS, [left, right, total])


def larger(builder: Any, left: Any, right: Any) -> Any:
    """The larger value of each lane; `left` where they are equal."""
    return builder.select(builder.fcmp_ordered(">", right, left), right, left)


def reduce(builder: Any, operation: str, vector: Any) -> Any:
    """One number from the lanes of a vector: `operation` is `fmax` or `umin`."""
    kind, suffix = (FLOAT, f"v{LANES}f32") if operation == "fmax" else (INT32, f"v{LANES}i32")
    return call(builder, f"llvm.vector.reduce.{operation}.{suffix}", kind, [vector])


def call(builder: Any, name: str, kind: Any, args: list[Any]) -> Any:
    """Call one of LLVM's own functions by its full name."""
    function = ir.FunctionType(kind, [arg.type for arg in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, function, name), args)  # type: ignore[no-untyped-call]


def number(value: float) -> ir.Constant:
    """A vector that holds a known number in every lane."""
    return ir.Constant(FLOATS, [value] * LANES)


def fold(
    builder: Any, count: Any, starts: list[Any], step: Callable[[Any, list[Any]], list[Any]]
) -> list[Any]:
    """A loop over `count` vectors (at least one) that carries values along: `step(byte offset, values) ->
    values`."""
    before, loop, after = (
        builder.block,
        builder.append_basic_block("fold"),
        builder.append_basic_block("fold_end"),
    )
    end = builder.mul(count, constant(VECTOR_BYTES))
    builder.branch(loop)
    builder.position_at_end(loop)
    at = builder.phi(INT64)
    carried = [builder.phi(start.type) for start in starts]
    results = step(at, list(carried))
    following = builder.add(at, constant(VECTOR_BYTES))
    for phi, start, result in zip([at, *carried], [constant(0), *starts], [following, *results], strict=True):
        phi.add_incoming(start, before)
        phi.add_incoming(result, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, end), loop, after)
    builder.position_at_end(after)
    return results


def total(builder: Any, vector: Any) -> Any:
    """Sum of the lanes, taken in pairs."""
    kind = ir.FunctionType(FLOAT, [FLOAT, FLOATS])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{LANES}f32")  # type: ignore[no-untyped-call]
    return builder.call(function, [ir.Constant(FLOAT, -0.0), vector], fastmath=("reassoc",))
