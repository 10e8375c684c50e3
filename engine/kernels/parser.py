# SPDX-License-Identifier: Apache-2.0
"""Greedy dependency parsing: the arc-eager system over whole documents in one compiled loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit import fast_jit, jit
from .arc_state import DEPTH, DOC, N_BACK, N_KINDS, NEXT, ArcArrays, apply_action, arc_arrays, write_features, write_valid
from .arrays import Floats, Ints
from .matmul import Backend
from .transition_weights import TransitionWeights, merged_layers

WINDOW_ROWS = 512
"""Tokens whose products are held at a time: few enough for the cache, enough for the matrix product."""

LOOK_BACK = 64
"""Tokens before the next unread one whose products a new window of a long document begins with."""

LANES = 16


class CompiledParser:
    """A parser over a fixed copy of weights. Thread-safe.

    The two affine layers below the maxout are merged into one, in float64. Products of all tokens with all feature slots are
    made window by window; a token from before the window, which only long documents have, is multiplied where it is needed.
    """

    def __init__(self, weights: TransitionWeights, subtok: int, backend: Backend, window_rows: int = WINDOW_ROWS) -> None:
        """Merge and pack the weights for a back end. `subtok` is the label id of arcs inside one word, -1 for none."""
        n_features, n_hidden, n_pieces, _ = weights.lower_W.shape
        merged, present = merged_layers(weights)
        self._shape = (n_features, n_pieces, n_hidden)
        self._window_rows = max(window_rows, 2 * LOOK_BACK)
        self._products = backend.linear(merged.reshape(-1, merged.shape[-1]), present.reshape(-1))
        self._missing = np.ascontiguousarray(weights.lower_pad.transpose(0, 2, 1))
        bias = np.ascontiguousarray(weights.lower_b.T)
        by_input = np.ascontiguousarray(merged.transpose(0, 2, 1)).reshape(n_features, -1, n_pieces, n_hidden)
        self._lower = (bias, by_input, np.ascontiguousarray(present).reshape(self._shape))
        self._upper = padded_upper(weights)
        kinds = np.where((weights.labels == subtok) & (subtok >= 0), N_KINDS - 1, weights.moves).astype(np.int64)
        moves, labels = np.ascontiguousarray(weights.moves, dtype=np.int64), np.ascontiguousarray(weights.labels, dtype=np.int64)
        self._actions = (moves, labels, runs_of(kinds))

    def decode(self, vectors: Floats, doc_offsets: Ints, sent_starts: npt.NDArray[np.int8] | None = None) -> tuple[Ints, Ints]:
        """Arcs of every document: heads as rows, -1 where there is none, and label ids.

        Shape: vectors `(n_tokens, width)`, sent_starts and results `(n_tokens,)`.
        """
        given = np.ascontiguousarray(vectors, dtype=np.float32)
        bounds = np.ascontiguousarray(doc_offsets, dtype=np.int64)
        state = arc_arrays(len(given), sent_starts)
        while state.at[DOC] < len(bounds) - 1:
            low, high = self._window(state, bounds)
            products = self._window_products(given[low:high])
            _advance(given, products, low, high, bounds, self._lower, self._upper, self._actions, state)
        return state.heads, state.labels

    def _window(self, state: ArcArrays, bounds: Ints) -> tuple[int, int]:
        """Rows of the next window: as many whole documents as fit, else a part of one."""
        doc, unread = int(state.at[DOC]), int(state.at[NEXT])
        low = max(int(bounds[doc]), unread - LOOK_BACK)
        fits = int(np.searchsorted(bounds, low + self._window_rows, side="right")) - 1
        return low, int(bounds[fits]) if fits > doc else low + self._window_rows

    def _window_products(self, vectors: Floats) -> Floats:
        """Products of the window's tokens, then a row of pads, and a row per feature for tokens from before the window.

        Shape: `(n + 1 + nF, nF, nP, nO)`.
        """
        n_features = self._shape[0]
        wide = np.zeros((len(vectors) + 1 + n_features, vectors.shape[1]), dtype=np.float32)
        wide[: len(vectors)] = vectors
        products = np.ascontiguousarray(self._products(wide)).reshape(-1, *self._shape)
        products[len(vectors)] = self._missing
        return products


def padded_upper(weights: TransitionWeights) -> tuple[Floats, Floats, bool]:
    """The upper layer, inputs first, its actions filled up to whole vectors; the last value says whether there is one."""
    n_actions = len(weights.moves)
    width = -(-n_actions // LANES) * LANES
    if weights.upper_W is None or weights.upper_b is None:
        return np.zeros((0, width), dtype=np.float32), np.zeros(width, dtype=np.float32), False
    upper, bias = np.zeros((weights.upper_W.shape[1], width), dtype=np.float32), np.zeros(width, dtype=np.float32)
    upper[:, :n_actions], bias[:n_actions] = weights.upper_W.T, weights.upper_b
    return upper, bias, True


def runs_of(kinds: Ints) -> Ints:
    """Runs of neighbouring classes of one kind. Shape: `(n_runs, 3)`: kind, first class, end."""
    firsts = np.flatnonzero(np.diff(kinds, prepend=-1))
    ends = np.append(firsts[1:], len(kinds))
    return np.ascontiguousarray(np.stack([kinds[firsts], firsts, ends], axis=1), dtype=np.int64)


@jit
def _advance(
    vectors: Floats, products: Floats, low: int, high: int, doc_offsets: Ints, lower: Any, upper: Any, actions: Any, state: Any
) -> None:
    """Parse until the batch ends, or until a token from behind the window is needed."""
    at = state.at
    moves, labels, runs = actions
    rows = np.empty(products.shape[1], np.int64)
    hidden = np.empty(products.shape[3], np.float32)
    scores = np.empty(len(upper[1]), np.float32)
    valid = np.empty(N_KINDS, np.bool_)
    while at[DOC] < len(doc_offsets) - 1:
        end = doc_offsets[at[DOC] + 1]
        at[NEXT] = max(at[NEXT], doc_offsets[at[DOC]])
        while at[DEPTH] > 0 or at[N_BACK] > 0 or at[NEXT] < end:
            if high < end and at[NEXT] + 2 > high:
                return
            write_valid(end, state, valid)
            write_features(end, state, rows)
            _to_window(rows, vectors, products, low, high, lower)
            hidden_of(products, rows, lower[0], hidden)
            scores_of(hidden, upper, scores)
            action = best_action(hidden if not upper[2] else scores, runs, valid)
            if action < 0:
                break
            apply_action(moves[action], labels[action], end, state)
        at[NEXT], at[DEPTH], at[N_BACK] = end, 0, 0
        at[DOC] += 1
        if at[DOC] < len(doc_offsets) - 1 and doc_offsets[at[DOC] + 1] > high:
            return


@jit
def _to_window(rows: Ints, vectors: Floats, products: Floats, low: int, high: int, lower: Any) -> None:
    """Feature tokens as rows of the window's products; products of tokens from before the window are made here."""
    pads = high - low
    for f in range(len(rows)):
        row = rows[f]
        if row < 0:
            rows[f] = pads
        elif row >= low:
            rows[f] = row - low
        else:
            rows[f] = pads + 1 + f
            _multiply(vectors[row], lower[1][f], lower[2][f], products[pads + 1 + f, f])


@fast_jit
def _multiply(vector: Floats, weights: Floats, present: Floats, out: Floats) -> None:
    """One token with one feature slot. Shape: weights `(width, nP, nO)`; present and out `(nP, nO)`."""
    out[:] = present
    for j in range(len(vector)):
        value = vector[j]
        for piece in range(out.shape[0]):
            for i in range(out.shape[1]):
                out[piece, i] += value * weights[j, piece, i]


@fast_jit
def hidden_of(products: Floats, rows: Ints, bias: Floats, hidden: Floats) -> None:
    """The state vector: a sum over feature slots, then the largest piece."""
    n_pieces, width = bias.shape
    eight = len(rows) == 8
    a, b, c, d, e, f, g, h = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]
    for piece in range(n_pieces):
        for i in range(width):
            value = bias[piece, i] + products[a, 0, piece, i] + products[b, 1, piece, i] + products[c, 2, piece, i]
            value += products[d, 3, piece, i] + products[e, 4, piece, i] + products[f, 5, piece, i]
            value += products[g, 6, piece, i] + products[h, 7, piece, i]
            if not eight:
                for slot in range(8, len(rows)):
                    value += products[rows[slot], slot, piece, i]
            hidden[i] = value if piece == 0 else max(hidden[i], value)


@fast_jit
def scores_of(hidden: Floats, upper: Any, scores: Floats) -> None:
    """The upper layer, eight inputs a pass."""
    weights, bias, _ = upper
    scores[:] = bias
    n_in = weights.shape[0]
    whole = n_in - n_in % 8
    for k in range(0, whole, 8):
        a, b, c, d = hidden[k], hidden[k + 1], hidden[k + 2], hidden[k + 3]
        e, f, g, h = hidden[k + 4], hidden[k + 5], hidden[k + 6], hidden[k + 7]
        for i in range(len(scores)):
            value = scores[i] + a * weights[k, i] + b * weights[k + 1, i] + c * weights[k + 2, i] + d * weights[k + 3, i]
            value += e * weights[k + 4, i] + f * weights[k + 5, i] + g * weights[k + 6, i] + h * weights[k + 7, i]
            scores[i] = value
    for k in range(whole, n_in):
        for i in range(len(scores)):
            scores[i] += hidden[k] * weights[k, i]


@fast_jit
def best_action(scores: Floats, runs: Ints, valid: npt.NDArray[np.bool_]) -> Any:
    """The first valid action with the highest score, -1 where none is valid."""
    best, run = np.float32(0.0), -1
    for r in range(len(runs)):
        if valid[runs[r, 0]]:
            top = scores[runs[r, 1]]
            for i in range(runs[r, 1] + 1, runs[r, 2]):
                top = max(top, scores[i])
            if run < 0 or top > best:
                best, run = top, r
    if run < 0:
        return np.int64(-1)
    action = runs[run, 1]
    while scores[action] != best and action < runs[run, 2] - 1:
        action += 1
    return action
