# SPDX-License-Identifier: Apache-2.0
"""Float32 products out of bfloat16 ones: each number as the sum of two bfloat16 numbers, three products of
the parts summed in float32.

`x = high + low` keeps 16 bits of the 24; of the four products the one of both low parts is left out. The
error of a product is that of its inputs, about 2**-17 each: annotations do not move (tested), while plain
bfloat16 moves some. What multiplies is exchangeable: the CPU's matrix tiles (`amx`), or NumPy, which computes
the same sums slowly and is what tests run where there are no tiles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit
from .arrays import Floats, Ints, Scratch, aligned
from .first_max import first_max

Halves = npt.NDArray[np.uint16]
"""Bfloat16 numbers as their bits."""

STEP = 32
"""Inner positions that one tile instruction takes."""

TILE = 16
"""Rows and columns of a tile."""

BLOCK = 2 * TILE
"""Rows and columns of a block: two tiles by two, whose four sums stay in tile registers."""

_scratch = Scratch()


@dataclass(frozen=True, slots=True, eq=False)
class SplitWeights:
    """A map's weights in both parts, as they are and packed for tiles.

    Shape: high and low `(n_columns, n_in)`, rounded up to whole blocks and steps; packed `(n_blocks, n_steps,
    4, TILE, STEP)`: for a block of 32 columns and a step of 32 inner positions the high tiles of its two
    halves, then the low ones; within a tile row `r` holds for each column the pair of positions `2 * r` and
    `2 * r + 1`.
    """

    high: Halves
    low: Halves
    packed: Halves

    @property
    def n_in(self) -> int:
        """Inner positions, a multiple of `STEP`."""
        return int(self.high.shape[1])


Product = Callable[[Halves, Halves, SplitWeights, Floats], None]
"""`product(high, low, weights, out)`: row `i` of the inputs begins at row `i` of `high` and `low` and is
`weights.n_in` long, which may reach over the following rows: neighbouring rows are windows without a copy.
Shape: high, low `(n + more, stride)`, out `(n, n_columns)`, n a multiple of `BLOCK`.
"""


def split_weights(columns: Floats) -> SplitWeights:
    """Split and pack `(nO, nI)`."""
    n_out, n_in = columns.shape
    padded = np.zeros((_up(n_out, BLOCK), _up(n_in, STEP)), dtype=np.float32)
    padded[:n_out, :n_in] = columns
    high, low = np.empty(padded.shape, dtype=np.uint16), np.empty(padded.shape, dtype=np.uint16)
    split_rows(padded, high, low)
    packed = aligned((len(padded) // BLOCK, padded.shape[1] // STEP, 4, TILE, STEP), np.uint16)
    for part, start in ((high, 0), (low, 2)):
        tiles = part.reshape(-1, 2, TILE, padded.shape[1] // STEP, TILE, 2)
        packed[:, :, start : start + 2] = tiles.transpose(0, 3, 1, 4, 2, 5).reshape(
            *packed.shape[:2], 2, TILE, STEP
        )
    return SplitWeights(high, low, packed)


@jit
def split_rows(rows: Floats, high: Halves, low: Halves) -> None:
    """Both parts of every number, each rounded to the nearest, ties to even. Shape: rows `(n, m)`, parts `(n
    or more, m or more)`."""
    bits = rows.view(np.uint32)
    for i in range(len(rows)):
        for j in range(rows.shape[1]):
            top = _rounded(bits[i, j])
            rest = np.float32(rows[i, j] - np.uint32(top << np.uint32(16)).view(np.float32))
            high[i, j] = top
            low[i, j] = _rounded(rest.view(np.uint32))


@jit
def _rounded(bits: np.uint32) -> np.uint32:
    """The upper half of a float32's bits, rounded."""
    return np.uint32((bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16))


def multiply_emulated(high: Halves, low: Halves, weights: SplitWeights, out: Floats) -> None:
    """The three products in NumPy: the definition that the tile kernel is checked against."""
    inputs = [_windows(_widened(part), len(out), weights.n_in) for part in (high, low)]
    w_high, w_low = _widened(weights.high), _widened(weights.low)
    out[:] = inputs[0] @ w_high.T + inputs[1] @ w_high.T + inputs[0] @ w_low.T


def _widened(part: Halves) -> Floats:
    wide: Floats = (part.astype(np.uint32) << 16).view(np.float32)
    return wide


def _windows(rows: Floats, n: int, n_in: int) -> Floats:
    flat = np.ascontiguousarray(rows).reshape(-1)
    view: Floats = np.lib.stride_tricks.as_strided(flat, (n, n_in), (rows.shape[1] * 4, 4), writeable=False)
    return view


class SplitLinear:
    """An affine map in split products."""

    def __init__(self, weights: Floats, bias: Floats | None, product: Product) -> None:
        """Split `weights` `(nO, nI)`; keep `bias` `(nO,)`."""
        self.n_out = len(weights)
        self._weights = split_weights(weights)
        self._bias = (
            np.zeros(self.n_out, dtype=np.float32) if bias is None else np.asarray(bias, dtype=np.float32)
        )
        self._product = product

    def __call__(self, inputs: Floats) -> Floats:
        """`inputs @ W.T + b`. Shape: `(n, nI)` -> `(n, nO)`."""
        n_rows = _up(len(inputs), BLOCK)
        high, low = parts(n_rows, self._weights.n_in)
        split_rows(np.ascontiguousarray(inputs, dtype=np.float32), high, low)
        out = aligned((n_rows, len(self._weights.high)))
        self._product(high, low, self._weights, out)
        return np.asarray(out[: len(inputs), : self.n_out] + self._bias)

    def argmax(self, inputs: Floats) -> Ints:
        """The first best class of every row. Shape: `(n, nI)` -> `(n,)` int32."""
        return first_max(self(inputs))


class SplitBackend:
    """Split products, multiplied by `product`."""

    name = "split"

    def __init__(self, product: Product) -> None:
        """`product` is the tile kernel's or `multiply_emulated`."""
        self.product = product

    def linear(self, weights: Floats, bias: Floats | None = None) -> SplitLinear:
        """Split `weights` `(nO, nI)` and keep `bias` `(nO,)`."""
        return SplitLinear(weights, bias, self.product)


def parts(n_rows: int, n_columns: int) -> tuple[Halves, Halves]:
    """This thread's arrays for the two parts of that many rows, zero: padding columns must not hold what
    could become NaN."""
    high, low = (_scratch.get(name, (n_rows, n_columns), np.uint16) for name in ("high", "low"))
    high[:], low[:] = 0, 0
    return high, low


def _up(n: int, step: int) -> int:
    return -(-n // step) * step
