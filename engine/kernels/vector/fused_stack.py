# SPDX-License-Identifier: Apache-2.0
"""The convolutions of an encoder in one compiled call: six products for four rows, maxout in registers, no
window copy, padding rows only as far as tokens see them.

    for strip in strips of STRIP padded rows:
        ping = first layer of strip and halo, from table rows           three row sums a token, no product
        for layer in later layers:                                      one row less on either side each
            for group in groups of QUADS quads:                         a quad is four rows: `winograd`
                spread  = six combinations of each quad's six input rows
                for block in column blocks: for j in 6:
                    products[j] = tile(spread[j], weights[block, j])    0.66 MB of weights a group
                group   = max over pieces of four sums of the six products
                pong    = norm(group) + ping                            `norm_lanes`
            ping, pong = pong, ping
        the last layer writes to the tokens' rows of `out`

Written for window 1, three pieces and widths of whole vectors, the shape that trained pipelines have;
anything else takes `product_stack`. The truth: `tests/engine/kernels/encoders.py` in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...jit.loops import jit
from ..arrays import Floats, Ints, Scratch, allocate
from ..padded_rows import PaddedRows
from ..weights import CnnWeights, piece_bias
from .lanes import LANES
from .norm_lanes import first_row_lanes, norm_add_lanes
from .packed import pack_maxout
from .tiles import TILE_ROWS, product_3
from .winograd import OUTPUTS, PRODUCTS, gather_maxout, spread_rows, spread_weights

STRIP = 1024
"""Rows of a strip: long enough that a layer's weights (0.66 MB at width 96) stay in the second cache while
it is computed, short enough that two layers' vectors (0.8 MB) stay in the third; the halo is 6 rows of it."""

QUADS = 16
"""Quads that share one pass over a layer's weights: two tiles of rows. Their combined rows (37 KB at width
96) and products (18 KB) stay close while the weights stream by; with fewer the weights would be read more
often."""

_PIECES = 3
_scratch = Scratch()


def fits_fused(weights: CnnWeights) -> bool:
    """Whether the encoder has the shape that the fused kernel is written for."""
    pieces = {W.shape[1] for W, _, _, _ in weights.conv}
    return weights.window == 1 and pieces == {_PIECES} and len(weights.mix_G) % LANES == 0


class FusedStack:
    """Layers packed for the register tile."""

    def __init__(self, weights: CnnWeights) -> None:
        """Pack the layers of an encoder that `fits_fused`."""
        self._width = width = len(weights.mix_G)
        self._first_bias = piece_bias(weights.conv[0][1])
        self._gains = np.stack([gain for _, _, gain, _ in weights.conv])
        self._shifts = np.stack([shift for _, _, _, shift in weights.conv])
        later, n_blocks = weights.conv[1:], width // LANES
        self._weights = allocate((len(later), n_blocks, PRODUCTS, width, _PIECES * LANES))
        self._bias = allocate((len(later), n_blocks, _PIECES * LANES))
        for i, (W, b, _, _) in enumerate(later):
            packed = [pack_maxout(product, b) for product in spread_weights(W)]
            self._weights[i] = np.stack([product.weights for product in packed], axis=1)
            self._bias[i] = packed[0].bias

    def run(self, table: Floats, rows: PaddedRows, out: Floats) -> None:
        """Fill `out` `(n_tokens, width)` from table rows."""
        depth, width = len(self._gains), self._width
        buffers = [_scratch.get(name, (STRIP + 2 * depth + 1, width)) for name in ("ping", "pong")]
        group = _scratch.get("group", (OUTPUTS * QUADS, width))
        spread = _scratch.get("spread", (PRODUCTS, QUADS, width))
        products = _scratch.get("products", (PRODUCTS, QUADS, _PIECES * LANES))
        work = (*buffers, group, spread, products)
        padded = (rows.slots, rows.reach, rows.token)
        layers = (self._first_bias, self._weights, self._bias, self._gains, self._shifts)
        _run_strips(table, padded, layers, work, out)


@jit
def _run_strips(table: Floats, padded: Any, layers: Any, work: Any, out: Floats) -> None:
    """Strip by strip, layer by layer; a layer computes one row less at either side than the one before."""
    slots, reach, _ = padded
    first_bias, weights, bias, gains, shifts = layers
    ping, pong, group, spread, products = work
    depth, n_rows, zero = len(gains), len(slots), len(ping) - 1
    ping[zero], pong[zero] = 0.0, 0.0
    quads, inputs = np.empty(QUADS, np.int64), np.empty(PRODUCTS, np.int64)
    for start in range(0, n_rows, STRIP):
        end, base = min(start + STRIP, n_rows), start - depth
        first, last = max(0, start - depth + 1), min(n_rows, end + depth - 1)
        _run_first(table, padded, first, last, base, first_bias, gains, shifts, group, ping, out)
        source, target = ping, pong
        for layer in range(1, depth):
            left = depth - 1 - layer
            row, last = max(0, start - left), min(n_rows, end + left)
            while row < last:
                n_quads = 0
                while n_quads < QUADS and row < last:
                    if reach[row] <= left:
                        quads[n_quads] = row
                        edge = min(n_rows, last + 1)
                        _spread_quad(source, reach, row, edge, base, left + 1, zero, inputs, spread, n_quads)
                        n_quads += 1
                        row += OUTPUTS
                    else:
                        row += 1
                if n_quads:
                    _multiply(spread, n_quads, weights, bias, layer - 1, products, group)
                to = target if left else out
                _finish_quads(
                    group, quads, n_quads, padded, last, left, base, layer, gains, shifts, source, to
                )
            source, target = target, source


@jit
def _finish_quads(
    group: Floats,
    quads: Ints,
    n_quads: int,
    padded: Any,
    last: int,
    left: int,
    base: int,
    layer: int,
    gains: Floats,
    shifts: Floats,
    source: Floats,
    target: Floats,
) -> None:
    """Layer norm and residual sum of the rows that a later layer sees (`left` layers come after this one),
    into the strip's rows, or after the last layer into the tokens' rows."""
    _, reach, token = padded
    row_bytes, n_vectors = group.shape[1] * 4, group.shape[1] // LANES
    gain, shift = gains.ctypes.data + layer * row_bytes, shifts.ctypes.data + layer * row_bytes
    for i in range(n_quads * OUTPUTS):
        at = quads[i // OUTPUTS] + i % OUTPUTS
        if at < last and reach[at] <= left:
            to = target.ctypes.data + (at - base if left else token[at]) * row_bytes
            inputs_at = source.ctypes.data + (at - base) * row_bytes
            norm_add_lanes(group.ctypes.data + i * row_bytes, gain, shift, inputs_at, to, n_vectors)


@jit
def _run_first(
    table: Floats,
    padded: Any,
    first: int,
    last: int,
    base: int,
    bias: Floats,
    gains: Floats,
    shifts: Floats,
    group: Floats,
    target: Floats,
    out: Floats,
) -> None:
    """The first layer of the rows that a later layer sees, from table rows."""
    slots, reach, token = padded
    depth, width = gains.shape
    rows, row_bytes, piece_bytes = table.ctypes.data, table.shape[1] * 4, width * 4
    part_bytes, sums = _PIECES * piece_bytes, group.ctypes.data
    for row in range(first, last):
        if reach[row] < depth:
            here = rows + slots[row] * row_bytes
            left = rows + slots[row - 1] * row_bytes + piece_bytes
            middle = here + piece_bytes + part_bytes
            right = rows + slots[row + 1] * row_bytes + piece_bytes + 2 * part_bytes
            first_row_lanes(left, middle, right, piece_bytes, bias.ctypes.data, sums, width // LANES)
            to = (
                target.ctypes.data + (row - base) * piece_bytes
                if depth > 1
                else out.ctypes.data + token[row] * piece_bytes
            )
            norm_add_lanes(sums, gains.ctypes.data, shifts.ctypes.data, here, to, width // LANES)


@jit
def _spread_quad(
    source: Floats,
    reach: Ints,
    row: int,
    end: int,
    base: int,
    known: int,
    zero: int,
    inputs: Ints,
    spread: Floats,
    quad: int,
) -> None:
    """Combine the input rows of four output rows; rows that the layer before did not compute in this strip
    count as zero."""
    row_bytes = source.shape[1] * 4
    for j in range(PRODUCTS):
        at = row - 1 + j
        inputs[j] = (at - base if at < end and reach[at] <= known else zero) * row_bytes
    to = spread.ctypes.data + quad * row_bytes
    spread_rows(source.ctypes.data, inputs.ctypes.data, source.shape[1] // LANES, to, QUADS * row_bytes)


@jit
def _multiply(
    spread: Floats, n_quads: int, weights: Floats, bias: Floats, layer: int, products: Floats, group: Floats
) -> None:
    """`group` = maximum over pieces of one layer's convolution at the quads' rows."""
    _, n_blocks, _, width, cols = weights.shape
    row_bytes, block_bytes = width * 4, width * cols * 4
    offsets, nothing = np.empty(QUADS, np.int64), np.zeros(cols, np.float32)
    for i in range(QUADS):
        offsets[i] = min(i, n_quads - 1) * row_bytes
    for block in range(n_blocks):
        packed = weights.ctypes.data + (layer * n_blocks + block) * PRODUCTS * block_bytes
        base = bias.ctypes.data + (layer * n_blocks + block) * cols * 4
        for j in range(PRODUCTS):
            inputs, at = (
                spread.ctypes.data + j * QUADS * row_bytes,
                products.ctypes.data + j * QUADS * cols * 4,
            )
            for i in range(0, n_quads, TILE_ROWS):
                rows, to = offsets.ctypes.data + i * 8, at + i * cols * 4
                product_3(inputs, rows, packed + j * block_bytes, width, nothing.ctypes.data, to, cols * 4)
        for i in range(n_quads):
            to = group.ctypes.data + i * OUTPUTS * row_bytes + block * LANES * 4
            gather_maxout(products.ctypes.data + i * cols * 4, QUADS * cols * 4, base, to, row_bytes)
