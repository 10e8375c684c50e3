# SPDX-License-Identifier: Apache-2.0
"""The convolutions on AVX-512 in one call: maxout in registers, no window copy, padding rows only as far as tokens see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .arrays import Floats, Ints, Scratch, aligned
from .jit import fast_jit
from .lanes import LANES
from .norm import first_layer_row, normalise
from .rows import PaddedRows
from .tiles import TILE_ROWS, maxout_3

if TYPE_CHECKING:
    from .cnn import CnnWeights

TILE = 512
"""Rows of a tile: two buffers of it and one layer's weights fill 0.7 MB, within a core's second cache."""

GROUP = 64
"""Rows that share one pass over a layer's weights."""

_scratch = Scratch()


def fits_fused(weights: CnnWeights) -> bool:
    """Whether the encoder has the shape that the fused kernel is written for."""
    pieces = {W.shape[1] for W, _, _, _ in weights.conv}
    return weights.window == 1 and pieces == {3} and len(weights.mix_G) % LANES == 0


class FusedStack:
    """Layers packed for the register tile."""

    def __init__(self, weights: CnnWeights) -> None:
        self._width = len(weights.mix_G)
        self._first_bias = np.ascontiguousarray(weights.conv[0][1].T).reshape(-1)
        self._gains = np.stack([gain for _, _, gain, _ in weights.conv])
        self._shifts = np.stack([shift for _, _, _, shift in weights.conv])
        n_later, n_blocks = len(weights.conv) - 1, self._width // LANES
        self._weights = aligned((n_later, n_blocks, 3 * self._width, 3 * LANES))
        self._bias = aligned((n_later, n_blocks, 3 * LANES))
        for layer, (W, b, _, _) in enumerate(weights.conv[1:]):
            self._weights[layer] = W.reshape(n_blocks, LANES, 3, -1).transpose(0, 3, 2, 1).reshape(n_blocks, -1, 3 * LANES)
            self._bias[layer] = b.reshape(n_blocks, LANES, 3).transpose(0, 2, 1).reshape(n_blocks, -1)

    def run(self, table: Floats, rows: PaddedRows, out: Floats) -> None:
        """Fill `out` `(n_tokens, width)` from table rows."""
        depth, width = len(self._gains), self._width
        ping = _scratch.get("ping", (TILE + 2 * depth, width))
        pong = _scratch.get("pong", (TILE + 2 * depth, width))
        group = _scratch.get("group", (GROUP, width))
        norms = (self._gains, self._shifts)
        _run(table, rows.slots, rows.reach, rows.token, self._first_bias, self._weights, self._bias, *norms, ping, pong, group, out)


@fast_jit
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
    picked = np.empty(GROUP, np.int64)
    offsets = np.empty(GROUP, np.int64)
    for start in range(0, n_rows, TILE):
        end, base = min(start + TILE, n_rows), start - depth
        for row in range(max(0, start - depth + 1), min(n_rows, end + depth - 1)):
            if reach[row] < depth:
                first_layer_row(table, slots[row - 1], slots[row], slots[row + 1], 3, first_bias, ping, row - base)
                _finish(ping, row - base, gains[0], shifts[0], table, slots[row], ping, row - base)
        source, target = ping, pong
        for layer in range(1, depth):
            left = depth - 1 - layer
            n_picked = 0
            last_row = min(n_rows, end + left)
            for row in range(max(0, start - left), last_row):
                if reach[row] <= left:
                    picked[n_picked] = row - base
                    n_picked += 1
                if n_picked == GROUP or row == last_row - 1:
                    _convolve(source, picked, n_picked, offsets, weights, bias, layer - 1, group)
                    for i in range(n_picked):
                        at = picked[i]
                        if left:
                            _finish(group, i, gains[layer], shifts[layer], source, at, target, at)
                        else:
                            _finish(group, i, gains[layer], shifts[layer], source, at, out, token[at + base])
                    n_picked = 0
            source, target = target, source
        if depth == 1:
            for row in range(start, end):
                if token[row] >= 0:
                    out[token[row]] = ping[row - base]


@fast_jit
def _convolve(source: Floats, picked: Ints, n_picked: int, offsets: Ints, weights: Floats, bias: Floats, layer: int, group: Floats) -> None:
    """`group` = maximum over pieces of the windows around the picked rows times one layer's weights."""
    width = source.shape[1]
    for i in range(-(-n_picked // TILE_ROWS) * TILE_ROWS):
        offsets[i] = (picked[min(i, n_picked - 1)] - 1) * width * 4
    for block in range(weights.shape[1]):
        packed, base = weights[layer, block].ctypes.data, bias[layer, block].ctypes.data
        for i in range(0, n_picked, TILE_ROWS):
            at = group.ctypes.data + (i * width + block * LANES) * 4
            maxout_3(source.ctypes.data, offsets.ctypes.data + i * 8, packed, 3 * width, base, at, width * 4)


@fast_jit
def _finish(values: Floats, row: Any, gain: Floats, shift: Floats, inputs: Floats, at: Any, out: Floats, to: Any) -> None:
    """`out[to]` = layer norm of `values[row]` plus `inputs[at]`; `values` is overwritten."""
    normalise(values, row, gain, shift)
    for i in range(out.shape[1]):
        out[to, i] = values[row, i] + inputs[at, i]
