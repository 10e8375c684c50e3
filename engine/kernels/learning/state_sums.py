# SPDX-License-Identifier: Apache-2.0
"""State vectors of transition models as they are learned: sums of tokens' products, and the way back.

    rows   = tokens @ W of all slots and pieces                       one product; the last row is the pad
    vector = max over pieces of bias + sum over slots of rows[token]  `parser.oracle.write_vector`

    for slot: D = gradients of the states, summed by the token that is in the slot    only tokens that are in
    one
              W += D.T @ tokens;  tokens += D @ W

A token stands in a slot of two states or so, so summing first halves the products. The truth:
`layers.precomputable_affine`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...jit.loops import jit
from ..arrays import Floats, Ints
from ..parser.oracle import StateVectors, write_vector
from ..product import product
from .sparse import add_bias


def rows_of_products(tokens: Floats, W: Floats, pad: Floats) -> Floats:
    """Every token with every slot, pieces first, and the pad behind them.

    Shape: tokens `(n, nI)`, W `(nF, nO, nP, nI)`, pad `(nF, nO, nP)`; `(n + 1, nF * nP * nO)`.
    """
    rows = np.empty((len(tokens) + 1, pad.size), np.float32)
    rows[-1] = pad.swapaxes(1, 2).reshape(-1)
    if len(tokens):
        product(tokens, _pieces_first(W).reshape(pad.size, -1).T, rows[:-1])
    return rows


def vectors_of(rows: Floats, features: Ints, b: Floats) -> StateVectors:
    """The vectors of states. Shape: features `(n_states, nF)`, b `(nO, nP)`."""
    out = StateVectors(
        np.empty((len(features), len(b)), np.float32), np.empty((len(features), len(b)), np.uint8)
    )
    _write_vectors(rows, features, np.ascontiguousarray(b.T), out)
    return out


def back(
    d_vectors: Floats, vectors: StateVectors, tokens: Floats, features: Ints, W: Floats, gradients: Any
) -> Floats:
    """The gradient by the tokens, and add those of W, b and pad to `gradients`, arrays of these shapes.

    Shape: d_vectors `(n_states, nO)`; tokens `(n, nI)`; pad `(1, nF, nO, nP)`.
    """
    d_W, d_b, d_pad = gradients
    n_features, n_out, n_pieces, n_in = W.shape
    pieces = _pieces_first(W).reshape(n_features, n_pieces * n_out, n_in)
    d_tokens = np.zeros(tokens.shape, np.float32)
    pads, place_of = np.zeros((n_features, n_pieces, n_out), np.float32), np.empty(len(tokens), np.int64)
    add_bias(d_vectors, vectors.which, d_b)
    for slot in range(n_features):
        used = _places(features, slot, place_of)
        by_token = np.zeros((len(used), n_pieces, n_out), np.float32)
        _add_states(d_vectors, vectors.which, features, slot, place_of, by_token, pads[slot])
        if len(used):
            flat, mine = by_token.reshape(len(used), -1), tokens[used]
            d_W[slot] += product(flat.T, mine).reshape(n_pieces, n_out, n_in).swapaxes(0, 1)
            d_tokens[used] += product(flat, pieces[slot])
    d_pad[0] += pads.swapaxes(1, 2)
    return d_tokens


def _pieces_first(W: Floats) -> Floats:
    return np.ascontiguousarray(W.swapaxes(1, 2))


@jit
def _write_vectors(rows: Floats, features: Ints, bias: Floats, out: Any) -> None:
    sums = np.empty(bias.size, np.float32)
    for state in range(len(features)):
        write_vector(rows, features, bias, sums, state, out.hidden, out.which)


@jit
def _places(features: Ints, slot: int, place_of: Ints) -> Ints:
    """The tokens that stand in a slot, in order, and of each its place among them."""
    place_of[:] = -1
    for state in range(len(features)):
        if features[state, slot] >= 0:
            place_of[features[state, slot]] = 0
    used = np.empty(len(place_of), np.int64)
    n = 0
    for token in range(len(place_of)):
        if place_of[token] == 0:
            place_of[token], used[n] = n, token
            n += 1
    return used[:n]


@jit
def _add_states(
    d_vectors: Floats, which: Any, features: Ints, slot: int, place_of: Ints, by_token: Floats, pad: Floats
) -> None:
    """Each state's gradient to that of its token, or to the pad's where there is none."""
    n_pieces, width = pad.shape
    for state in range(len(d_vectors)):
        token = features[state, slot]
        to = by_token[place_of[token]] if token >= 0 else pad
        for piece in range(n_pieces):
            for i in range(width):
                to[piece, i] += d_vectors[state, i] if which[state, i] == piece else np.float32(0.0)
