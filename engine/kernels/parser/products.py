# SPDX-License-Identifier: Apache-2.0
"""Products of tokens with feature slots, made when they are needed and kept for a while.

    row_of(token, slot): the token's row in the slot's ring, or the next free one, and the token is wanted
    make: for slot: for tile of wanted tokens:
              ring[slot, next rows] = tile(vectors[tokens], W[slot], b[slot])

A parser looks at most tokens in some slots only: of eight slots a token is seen in five. So making all
slots of all tokens ahead is three products of eight for nothing. The next unread tokens are multiplied
ahead for the slots that every token comes through; what else the parses in step need is gathered and
multiplied together. Each slot has a ring of rows; a row that was overwritten is made again. The rings, not
all products, so that what is read next is still in the third cache. The truth: `decoders.parser_decoder`
over the layers' scores.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...jit.loops import jit, jit_noalloc, jit_noalloc_fastmath
from ..arrays import Floats, Ints, allocate
from ..vector.lanes import LANES
from ..vector.packed import PRODUCT_1, PRODUCT_3, Packed
from ..vector.tiles import HALF_ROWS, TILE_ROWS, half_1, half_3, product_1, product_3

SURE_SLOTS = 3
"""The first slots: first and second token of the buffer, top of the stack."""

AHEAD = 16
"""Tokens that are multiplied ahead at a time."""

MARGIN = 64
"""Rows next to be overwritten that count as gone: more than one step of all parses makes."""

_COLS_3 = 3 * LANES


class LowerWeights(NamedTuple):
    """The merged lower layer: inputs first for plain loops, and packed for tiles (`tiled` says whether they
    fit).

    Shape: by_input `(nF, width, nP, nO)`, present `(nF, nP, nO)`, bias `(nP, nO)`; packed `(nF, n_blocks,
    width, cols)` and packed_bias `(nF, n_blocks, cols)`.
    """

    by_input: Floats
    present: Floats
    bias: Floats
    packed: Floats
    packed_bias: Floats
    tiled: bool


class Products(NamedTuple):
    """The rings. Shape: rows `(nF, size + 1, nP, nO)`, size a power of two, the last row that of a missing
    token; where `(n_tokens, nF)`, one more than the number of the row in the order of making, 0 for none;
    made `(nF,)`, how many were made; wanted `(nF, n)`, tokens that are made next, and how many, `(nF,)`;
    offsets `(n,)`, room for a tile's inputs.
    """

    rows: Floats
    where: Ints
    made: Ints
    wanted: Ints
    n_wanted: Ints
    offsets: Ints


def lay_out_lower(merged: Floats, present: Floats, bias: Floats) -> LowerWeights:
    """Lay out the merged layer `(nF, nP * nO, width)`; bias `(nP, nO)`."""
    n_features, n_columns, width = merged.shape
    by_input = np.ascontiguousarray(merged.transpose(0, 2, 1)).reshape(n_features, width, *bias.shape)
    tiled = n_columns % LANES == 0
    kind = PRODUCT_3 if n_columns % _COLS_3 == 0 else PRODUCT_1
    slots = [Packed(kind, W, b) for W, b in zip(merged, present, strict=True)]
    packed = allocate((n_features, *slots[0].weights.shape))
    packed_bias = allocate((n_features, *slots[0].bias.shape))
    packed[:], packed_bias[:] = [slot.weights for slot in slots], [slot.bias for slot in slots]
    return LowerWeights(
        by_input, np.ascontiguousarray(present).reshape(-1, *bias.shape), bias, packed, packed_bias, tiled
    )


@jit_noalloc
def row_of(token: Any, slot: Any, products: Any) -> Any:
    """Where the product of a token stands, or will stand after the next `make`; the row of missing tokens for
    -1."""
    size = products.rows.shape[1] - 1
    if token < 0:
        return np.int64(size)
    number = products.where[token, slot] - 1
    if number < 0 or number < products.made[slot] - size + MARGIN:
        number = want(token, slot, products)
    return number & (size - 1)


@jit_noalloc
def want(token: Any, slot: Any, products: Any) -> Any:
    """Have a product made; the number of its row."""
    number = products.made[slot]
    products.wanted[slot, products.n_wanted[slot]] = token
    products.n_wanted[slot] += 1
    products.where[token, slot] = number + 1
    products.made[slot] = number + 1
    return number


@jit_noalloc
def want_ahead(first: Any, stop: Any, products: Any) -> Any:
    """Have the next tokens of a text made for the slots that each of them comes through; the first token
    after them."""
    end = min(first + AHEAD, stop)
    for slot in range(SURE_SLOTS):
        for token in range(first, end):
            if products.where[token, slot] == 0:
                want(token, slot, products)
    return end


@jit_noalloc
def make(vectors: Floats, lower: Any, products: Any) -> None:
    """Make what is wanted. Shape: vectors `(n_tokens, width)`."""
    size = products.rows.shape[1] - 1
    for slot in range(len(products.made)):
        n = products.n_wanted[slot]
        if n > 0:
            first = products.made[slot] - n
            if lower.tiled:
                _make_tiles(vectors, slot, first & (size - 1), n, lower, products)
                products.made[slot] = first + -(-n // HALF_ROWS) * HALF_ROWS
            else:
                for i in range(n):
                    token, row = products.wanted[slot, i], (first + i) & (size - 1)
                    _multiply(
                        vectors[token], lower.by_input[slot], lower.present[slot], products.rows[slot, row]
                    )
            products.n_wanted[slot] = 0


@jit_noalloc
def _make_tiles(vectors: Floats, slot: Any, first: Any, n: Any, lower: Any, products: Any) -> None:
    """Rows from `first` on, half a tile or a whole one at a time; the ring begins and ends on half a tile."""
    n_blocks, width, cols = lower.packed.shape[1:]
    size, stride = products.rows.shape[1] - 1, products.rows.shape[2] * products.rows.shape[3] * 4
    for i in range(n + TILE_ROWS):
        products.offsets[i] = products.wanted[slot, min(i, n - 1)] * width * 4
    inputs, offsets = vectors.ctypes.data, products.offsets.ctypes.data
    plane = products.rows.ctypes.data + slot * products.rows.shape[1] * stride
    weights = lower.packed.ctypes.data + slot * n_blocks * width * cols * 4
    bias = lower.packed_bias.ctypes.data + slot * n_blocks * cols * 4
    for block in range(n_blocks):
        packed, base = weights + block * width * cols * 4, bias + block * cols * 4
        column = plane + block * cols * 4
        i = 0
        while i < n:
            row = (first + i) & (size - 1)
            whole = n - i > HALF_ROWS and row + TILE_ROWS <= size
            at, to = offsets + i * 8, column + row * stride
            if cols == _COLS_3:
                if whole:
                    product_3(inputs, at, packed, width, base, to, stride)
                else:
                    half_3(inputs, at, packed, width, base, to, stride)
            elif whole:
                product_1(inputs, at, packed, width, base, to, stride)
            else:
                half_1(inputs, at, packed, width, base, to, stride)
            i += TILE_ROWS if whole else HALF_ROWS


@jit_noalloc_fastmath
def _multiply(vector: Floats, weights: Floats, present: Floats, out: Floats) -> None:
    """One token with one slot. Shape: weights `(width, nP, nO)`; present and out `(nP, nO)`."""
    for piece in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[piece, i] = present[piece, i]
    for j in range(len(vector)):
        value = vector[j]
        for piece in range(out.shape[0]):
            for i in range(out.shape[1]):
                out[piece, i] += value * weights[j, piece, i]


@jit
def take_made(made: Floats, first: Any, products: Any) -> None:
    """Put the products of the tokens from `first` on, with all slots, at the beginning of the rings. Shape:
    made `(n, nF, nP, nO)`."""
    for i in range(len(made)):
        for slot in range(made.shape[1]):
            products.rows[slot, i] = made[i, slot]
            products.where[first + i, slot] = i + 1
    products.made[:] = -(-len(made) // TILE_ROWS) * TILE_ROWS
