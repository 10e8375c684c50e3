# SPDX-License-Identifier: Apache-2.0
"""The convolutions on AVX-512 in one call: maxout in registers, no window copy, padding rows only as far as tokens see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .arrays import Floats, Ints, Scratch, aligned
from .avx512 import GROUP, MAXOUT_3, multiply_rows, pack_maxout
from .jit import fast_jit, jit
from .lanes import LANES
from .norm import first_layer_row, norm_add
from .rows import PaddedRows
from .tiles import TILE_ROWS

if TYPE_CHECKING:
    from .cnn import CnnWeights

TILE = 512
"""Rows of a tile: two buffers of it and one layer's weights fill 0.7 MB, within a core's second cache."""

_scratch = Scratch()


def fits_fused(weights: CnnWeights) -> bool:
    """Whether the encoder has the shape that the fused kernel is written for."""
    pieces = {W.shape[1] for W, _, _, _ in weights.conv}
    return weights.window == 1 and pieces == {3} and len(weights.mix_G) % LANES == 0


class FusedStack:
    """Layers packed for the register tile."""

    def __init__(self, weights: CnnWeights) -> None:
        """Pack the layers of an encoder that `fits_fused`."""
        self._width = len(weights.mix_G)
        self._first_bias = np.ascontiguousarray(weights.conv[0][1].T).reshape(-1)
        self._gains = np.stack([gain for _, _, gain, _ in weights.conv])
        self._shifts = np.stack([shift for _, _, _, shift in weights.conv])
        layers = [pack_maxout(W, b) for W, b, _, _ in weights.conv[1:]]
        n_blocks = self._width // LANES
        self._weights = aligned((len(layers), n_blocks, 3 * self._width, 3 * LANES))
        self._bias = aligned((len(layers), n_blocks, 3 * LANES))
        for i, layer in enumerate(layers):
            self._weights[i], self._bias[i] = layer.weights, layer.bias

    def run(self, table: Floats, rows: PaddedRows, out: Floats) -> None:
        """Fill `out` `(n_tokens, width)` from table rows."""
        depth, width = len(self._gains), self._width
        ping = _scratch.get("ping", (TILE + 2 * depth, width))
        pong = _scratch.get("pong", (TILE + 2 * depth, width))
        group = _scratch.get("group", (GROUP, width))
        norms = (self._gains, self._shifts)
        _run(table, rows.slots, rows.reach, rows.token, self._first_bias, self._weights, self._bias, *norms, ping, pong, group, out)


@jit
def _run(
    table: Floats,
    slots: npt.NDArray[np.int32],
    reach: npt.NDArray[np.int32],
    token: npt.NDArray[np.int32],
    first_bias: Floats,
    weights: Floats,
    bias: Floats,
    gains: Floats,
    shifts: Floats,
    ping: Floats,
    pong: Floats,
    group: Floats,
    out: Floats,
) -> None:
    """Tile by tile, layer by layer; a layer computes one row less at either side than the one before."""
    depth, n_rows = len(gains), len(slots)
    offsets, at, to = np.empty(GROUP, np.int64), np.empty(GROUP, np.int64), np.empty(GROUP, np.int64)
    for start in range(0, n_rows, TILE):
        end, base = min(start + TILE, n_rows), start - depth
        source, target = ping, pong
        for layer in range(depth):
            left = depth - 1 - layer
            first, last = max(0, start - left), min(n_rows, end + left)
            into = target if left else out
            row = first
            while row < last:
                picked = 0
                while picked < GROUP and row < last:
                    if reach[row] <= left:
                        at[picked], to[picked] = row, row - base if left else token[row]
                        picked += 1
                    row += 1
                if layer == 0:
                    _first(table, slots, at, picked, first_bias, gains, shifts, group, into, to)
                else:
                    _convolve(source, at, base, picked, offsets, weights, bias, layer - 1, group)
                    for i in range(picked):
                        norm_add(group, i, gains[layer], shifts[layer], source, at[i] - base, into, to[i])
            source, target = target, source


@fast_jit
def _first(
    table: Floats, slots: Ints, at: Ints, picked: int, bias: Floats, gains: Floats, shifts: Floats, group: Floats, out: Floats, to: Ints
) -> None:
    """The first layer of the picked rows, from table rows."""
    for i in range(picked):
        row = at[i]
        first_layer_row(table, slots[row - 1], slots[row], slots[row + 1], 3, bias, group, i)
        norm_add(group, i, gains[0], shifts[0], table, slots[row], out, to[i])


@jit
def _convolve(
    source: Floats, at: Ints, base: int, picked: int, offsets: Ints, weights: Floats, bias: Floats, layer: int, group: Floats
) -> None:
    """`group` = maximum over pieces of the windows around the picked rows times one layer's weights."""
    n_blocks, n_in, cols = weights.shape[1:]
    row_bytes = source.shape[1] * 4
    for i in range(-(-picked // TILE_ROWS) * TILE_ROWS):
        offsets[i] = (at[min(i, picked - 1)] - base - 1) * row_bytes
    packed = weights.ctypes.data + layer * n_blocks * n_in * cols * 4
    start = bias.ctypes.data + layer * n_blocks * cols * 4
    multiply_rows(MAXOUT_3, source.ctypes.data, offsets.ctypes.data, picked, packed, start, n_blocks, n_in, group.ctypes.data, row_bytes)
