# SPDX-License-Identifier: Apache-2.0
"""Layer norm with residual, and the first layer out of table rows, for widths of whole vectors.

    norm_add_lanes:  out = norm(values) * gain + shift + inputs                 three passes over one row
    first_row_lanes: out = max over pieces of (bias + left + middle + right)    one pass over three table rows

All arguments are addresses. In LLVM's words, as a compiler may not reorder the sum of a row by itself: with
lanes summed apart and joined in pairs the two sums take width / LANES steps. The truth: `norm.norm_add`,
and the first layer of `product_stack`.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..norm import EPSILON
from . import lanes

ADDRESS = types.intp


@intrinsic
def _norm_add(context: Any, values: Any, gain: Any, shift: Any, inputs: Any, out: Any, n_vectors: Any) -> Any:
    """`out` = layer norm of the row `values`, plus the row `inputs`; the same as `norm.norm_add`."""
    signature = types.void(*[ADDRESS] * 6)

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values, gain, shift, inputs, out, n_vectors = args

        def row(address: Any, at: Any) -> Any:
            return lanes.load(builder, builder.add(address, at))

        mean, scale = _moments(builder, values, n_vectors)

        def write(at: Any, carried: list[Any]) -> list[Any]:
            centred = builder.fmul(builder.fsub(row(values, at), mean), scale)
            result = lanes.multiply_add(
                builder, centred, row(gain, at), builder.fadd(row(shift, at), row(inputs, at))
            )
            lanes.store(builder, result, builder.add(out, at))
            return []

        lanes.fold(builder, n_vectors, [], write)
        return context.get_dummy_value()

    return signature, emit


def _moments(builder: Any, values: Any, n_vectors: Any) -> tuple[Any, Any]:
    """Mean and inverse deviation of a row, each in every lane."""
    zero = ir.Constant(lanes.FLOATS, [0.0] * lanes.LANES)
    width = builder.sitofp(builder.mul(n_vectors, lanes.constant(lanes.LANES)), lanes.FLOAT)

    def load(at: Any) -> Any:
        return lanes.load(builder, builder.add(values, at))

    def add(at: Any, carried: list[Any]) -> list[Any]:
        return [builder.fadd(carried[0], load(at))]

    (sums,) = lanes.fold(builder, n_vectors, [zero], add)
    mean = lanes.splat(builder, builder.fdiv(lanes.total(builder, sums), width))

    def square(at: Any, carried: list[Any]) -> list[Any]:
        centred = builder.fsub(load(at), mean)
        return [lanes.multiply_add(builder, centred, centred, carried[0])]

    (squares,) = lanes.fold(builder, n_vectors, [zero], square)
    variance = builder.fadd(
        builder.fdiv(lanes.total(builder, squares), width), ir.Constant(lanes.FLOAT, float(EPSILON))
    )
    root = lanes.call(builder, "llvm.sqrt.f32", lanes.FLOAT, [variance])
    return mean, lanes.splat(builder, builder.fdiv(ir.Constant(lanes.FLOAT, 1.0), root))


@intrinsic
def _first_row(
    context: Any, left: Any, middle: Any, right: Any, step: Any, bias: Any, out: Any, n_vectors: Any
) -> Any:
    """`out` = maximum over three pieces of the sum of three product rows and the bias.

    `left`, `middle` and `right` are the starts of the products; a piece is `step` bytes after the one before.
    """
    signature = types.void(*[ADDRESS] * 7)

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        *rows, step, bias, out, n_vectors = args

        def largest(at: Any, carried: list[Any]) -> list[Any]:
            best = None
            for piece in range(3):
                here = builder.add(at, builder.mul(step, lanes.constant(piece)))
                value = lanes.load(builder, builder.add(bias, here))
                for row in rows:
                    value = builder.fadd(value, lanes.load(builder, builder.add(row, here)))
                best = value if best is None else lanes.larger(builder, best, value)
            lanes.store(builder, best, builder.add(out, at))
            return []

        lanes.fold(builder, n_vectors, [], largest)
        return context.get_dummy_value()

    return signature, emit


norm_add_lanes: Any = _norm_add
first_row_lanes: Any = _first_row
