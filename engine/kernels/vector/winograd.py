# SPDX-License-Identifier: Apache-2.0
"""Four rows of a three-row convolution from six products instead of twelve.

    y = A [(G g) * (B d)]        d: six input rows, g: three weight blocks, y: four output rows;
                                 `*` is one matrix product for each of the six rows

    B = | 4  0 -5  0  1  0 |     G = |  1/4    0     0  |     A = | 1  1  1  1  1  0 |
        | 0 -4 -4  1  1  0 |         | -1/6 -1/6  -1/6  |         | 0  1 -1  2 -2  0 |
        | 0  4 -4 -1  1  0 |         | -1/6  1/6  -1/6  |         | 0  1  1  4  4  0 |
        | 0 -2 -1  2  1  0 |         | 1/24  1/12  1/6  |         | 0  1 -1  8 -8  1 |
        | 0  2 -1 -2  1  0 |         | 1/24 -1/12  1/6  |
        | 0  4  0 -5  0  1 |         |   0     0     1  |

`spread_weights` is G, once when weights are packed; `spread_rows` is B, `gather_maxout` is A with bias and
the maximum over pieces, both in vectors of columns. Exact in real numbers; in float32 the vectors' mean
error grows from 0.6e-6 to 1.5e-6 of values around 2 (measured on a trained encoder, where it moved no
annotation), about what two BLAS libraries differ by. F(6, 3) would save more and err more. The truth: the
convolution in float64 in `tests/engine/kernels/encoders.py`.
Source: Winograd's minimal filtering F(4, 3) with the points 0, 1, -1, 2, -2, as in Lavin and Gray 2016, "Fast
algorithms for convolutional neural networks" (CVPR).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from ..arrays import Floats
from . import lanes

OUTPUTS = 4
"""Rows computed together."""

PRODUCTS = 6
"""Products they take, and input rows they see: one before the first, one after the last."""

_G = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
ADDRESS = types.intp


def spread_weights(weights: Floats) -> Floats:
    """The weights that meet the six combined rows, computed in float64.

    Shape: `(nO, nP, 3 * nI)`, left, middle, right -> `(PRODUCTS, nO, nP, nI)`.
    """
    n_out, n_pieces, n_in = weights.shape
    parts = weights.astype(np.float64).reshape(n_out, n_pieces, 3, n_in // 3)
    spread: Floats = np.einsum("jt,opti->jopi", _G, parts).astype(np.float32)
    return spread


@intrinsic
def _spread_rows(context: Any, source: Any, rows: Any, n_vectors: Any, out: Any, out_step: Any) -> Any:
    """Combine six rows. `rows` holds their byte offsets from `source`; result `j` goes to `out + j *
    out_step`."""
    signature = types.void(*[ADDRESS] * 5)

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, rows, n_vectors, out, out_step = args
        pointer = builder.inttoptr(rows, lanes.INT64.as_pointer())
        given = [
            builder.add(source, builder.load(builder.gep(pointer, [lanes.constant(j)])))
            for j in range(PRODUCTS)
        ]
        targets = [builder.add(out, builder.mul(out_step, lanes.constant(j))) for j in range(PRODUCTS)]

        def combine(at: Any, carried: list[Any]) -> list[Any]:
            inputs = [lanes.load(builder, builder.add(row, at)) for row in given]
            for target, value in zip(targets, _combine_inputs(builder, inputs), strict=True):
                lanes.store(builder, value, builder.add(target, at))
            return []

        lanes.fold(builder, n_vectors, [], combine)
        return context.get_dummy_value()

    return signature, emit


def _combine_inputs(builder: Any, d: list[Any]) -> list[Any]:
    """`B d`: the six combined rows of inputs `d`."""

    def times(left: float, right: Any, total: Any) -> Any:
        return lanes.multiply_add(builder, lanes.number(left), right, total)

    even, odd = times(-4.0, d[2], d[4]), times(-4.0, d[1], d[3])
    near, far = builder.fsub(d[4], d[2]), builder.fsub(d[3], d[1])
    return [
        times(4.0, d[0], times(-5.0, d[2], d[4])),
        builder.fadd(even, odd),
        builder.fsub(even, odd),
        times(2.0, far, near),
        times(-2.0, far, near),
        times(4.0, d[1], times(-5.0, d[3], d[5])),
    ]


@intrinsic
def _gather_maxout(context: Any, products: Any, step: Any, bias: Any, out: Any, out_stride: Any) -> Any:
    """Four output rows of one block: the sums of the six products of each piece, plus bias, maximum over
    three pieces.

    Product `j` is three vectors at `products + j * step`; row `o` of the result one vector at `out + o *
    out_stride`.
    """
    signature = types.void(*[ADDRESS] * 5)

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        products, step, bias, out, out_stride = args
        best: list[Any] = []
        for piece in range(3):
            shift = lanes.constant(piece * lanes.VECTOR_BYTES)
            starts = [
                builder.add(builder.add(products, shift), builder.mul(step, lanes.constant(j)))
                for j in range(PRODUCTS)
            ]
            values = _combine_products(
                builder,
                [lanes.load(builder, at) for at in starts],
                lanes.load(builder, builder.add(bias, shift)),
            )
            best = (
                [lanes.larger(builder, old, new) for old, new in zip(best, values, strict=True)]
                if best
                else values
            )
        for o, value in enumerate(best):
            lanes.store(builder, value, builder.add(out, builder.mul(out_stride, lanes.constant(o))))
        return context.get_dummy_value()

    return signature, emit


def _combine_products(builder: Any, m: list[Any], bias: Any) -> list[Any]:
    """`A m`: the four output rows of products `m`, bias added."""

    def times(left: float, right: Any, total: Any) -> Any:
        return lanes.multiply_add(builder, lanes.number(left), right, total)

    near, near_difference = builder.fadd(m[1], m[2]), builder.fsub(m[1], m[2])
    far, far_difference = builder.fadd(m[3], m[4]), builder.fsub(m[3], m[4])
    base, difference = builder.fadd(near, bias), builder.fadd(near_difference, bias)
    return [
        builder.fadd(builder.fadd(m[0], far), base),
        times(2.0, far_difference, difference),
        times(4.0, far, base),
        builder.fadd(times(8.0, far_difference, difference), m[5]),
    ]


spread_rows: Any = _spread_rows
gather_maxout: Any = _gather_maxout
