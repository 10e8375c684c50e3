# SPDX-License-Identifier: Apache-2.0
"""The convolutions on AVX-512 or AVX2 in one call: maxout in registers, no window copy, padding rows only as
far as tokens see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...jit.loops import jit
from ..arrays import Floats, Ints, Scratch, aligned
from ..padded_rows import PaddedRows
from .lanes import LANES
from .norm_lanes import first_row_lanes, norm_add_lanes
from .packed import pack_maxout
from .tiles import TILE_ROWS, product_3
from .winograd import OUTPUTS, PRODUCTS, gather_maxout, spread_rows, spread_weights

if TYPE_CHECKING:
    from ..encoder import CnnWeights

TILE = 1024
"""Rows of a tile: long enough that a layer's weights (0.66 MB at width 96) stay in the second cache while it
is computed."""

QUADS = 16
"""Groups of four rows that share one pass over a layer's weights."""

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
        self._first_bias = np.ascontiguousarray(weights.conv[0][1].T).reshape(-1)
        self._gains = np.stack([gain for _, _, gain, _ in weights.conv])
        self._shifts = np.stack([shift for _, _, _, shift in weights.conv])
        later, n_blocks = weights.conv[1:], width // LANES
        self._weights = aligned((len(later), n_blocks, PRODUCTS, width, _PIECES * LANES))
        self._bias = aligned((len(later), n_blocks, _PIECES * LANES))
        for i, (W, b, _, _) in enumerate(later):
            packed = [pack_maxout(product, b) for product in spread_weights(W)]
            self._weights[i] = np.stack([product.weights for product in packed], axis=1)
            self._bias[i] = packed[0].bias

    def run(self, table: Floats, rows: PaddedRows, out: Floats) -> None:
        """Fill `out` `(n_tokens, width)` from table rows."""
        depth, width = len(self._gains), self._width
        buffers = [_scratch.get(name, (TILE + 2 * depth + 1, width)) for name in ("ping", "pong")]
        group = _scratch.get("group", (OUTPUTS * QUADS, width))
        spread = _scratch.get("spread", (PRODUCTS, QUADS, width))
        products = _scratch.get("products", (PRODUCTS, QUADS, _PIECES * LANES))
        given = (
            table,
            rows.slots,
            rows.reach,
            rows.token,
            self._first_bias,
            self._weights,
            self._bias,
            (self._gains, self._shifts),
        )
        _run(*given, buffers[0], buffers[1], group, spread, products, out)


@jit
def _run(
    table: Floats,
    slots: Ints,
    reach: Ints,
    token: Ints,
    first_bias: Floats,
    weights: Floats,
    bias: Floats,
    norms: tuple[Floats, Floats],
    ping: Floats,
    pong: Floats,
    group: Floats,
    spread: Floats,
    products: Floats,
    out: Floats,
) -> None:
    """Tile by tile, layer by layer; a layer computes one row less at either side than the one before."""
    gains, shifts = norms
    depth, n_rows, zero = len(gains), len(slots), len(ping) - 1
    ping[zero], pong[zero] = 0.0, 0.0
    row_bytes, n_vectors = out.shape[1] * 4, out.shape[1] // LANES
    quads, inputs = np.empty(QUADS, np.int64), np.empty(PRODUCTS, np.int64)
    for start in range(0, n_rows, TILE):
        end, base = min(start + TILE, n_rows), start - depth
        first, last = max(0, start - depth + 1), min(n_rows, end + depth - 1)
        _first(table, slots, reach, token, first, last, base, first_bias, norms, group, ping, out)
        source, target = ping, pong
        for layer in range(1, depth):
            left = depth - 1 - layer
            row, last = max(0, start - left), min(n_rows, end + left)
            while row < last:
                n_quads = 0
                while n_quads < QUADS and row < last:
                    if reach[row] <= left:
                        quads[n_quads] = row
                        _spread_quad(
                            source,
                            reach,
                            row,
                            min(n_rows, last + 1),
                            base,
                            left + 1,
                            zero,
                            inputs,
                            spread,
                            n_quads,
                        )
                        n_quads += 1
                        row += OUTPUTS
                    else:
                        row += 1
                if n_quads:
                    _multiply(spread, n_quads, weights, bias, layer - 1, products, group)
                gain, shift = gains.ctypes.data + layer * row_bytes, shifts.ctypes.data + layer * row_bytes
                for i in range(n_quads * OUTPUTS):
                    at = quads[i // OUTPUTS] + i % OUTPUTS
                    if at < last and reach[at] <= left:
                        to = (
                            target.ctypes.data + (at - base) * row_bytes
                            if left
                            else out.ctypes.data + token[at] * row_bytes
                        )
                        inputs_at = source.ctypes.data + (at - base) * row_bytes
                        norm_add_lanes(
                            group.ctypes.data + i * row_bytes, gain, shift, inputs_at, to, n_vectors
                        )
            source, target = target, source


@jit
def _first(
    table: Floats,
    slots: Ints,
    reach: Ints,
    token: Ints,
    first: int,
    last: int,
    base: int,
    bias: Floats,
    norms: tuple[Floats, Floats],
    group: Floats,
    target: Floats,
    out: Floats,
) -> None:
    """The first layer of the rows that a later layer sees, from table rows."""
    gains, shifts = norms
    depth, width = gains.shape
    rows, row_bytes, piece_bytes = table.ctypes.data, table.shape[1] * 4, width * 4
    part_bytes, sums = _PIECES * piece_bytes, group.ctypes.data
    for row in range(first, last):
        if reach[row] < depth:
            left, here, right = (
                rows + slots[row - 1] * row_bytes,
                rows + slots[row] * row_bytes,
                rows + slots[row + 1] * row_bytes,
            )
            left, middle, right = (
                left + piece_bytes,
                here + piece_bytes + part_bytes,
                right + piece_bytes + 2 * part_bytes,
            )
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
    """Combine the input rows of four output rows; rows that the layer before did not compute in this tile
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
