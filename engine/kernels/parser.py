# SPDX-License-Identifier: Apache-2.0
"""Greedy dependency parsing: the arc-eager system over whole batches, several documents in step.

One step of a document is a matrix of one row with the upper layer's weights, most of it spent on reading these; a step of eight
documents reads them once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit import jit
from .arc_scores import best_action, packed_upper, runs_of, write_hidden, write_scores
from .arc_state import END, N_KINDS, NEXT, apply_action, arc_arrays, begin_document, is_final, write_features, write_valid
from .arc_windows import DOC, FILL, FILLED, LAST, ORIGIN, STOP, fill, plan, runs_of_documents, scatter, to_pool
from .arrays import Floats, Ints, Scratch, aligned
from .lanes import LANES
from .matmul import Backend
from .transition_weights import TransitionWeights, merged_layers
from .vector_matmul import PRODUCT_1, PRODUCT_3, Packed, VectorBackend

N_LANES = 8
"""Documents in step: the rows of a tile on AVX-512, two tiles on AVX2."""

WINDOW_ROWS = 96
"""Tokens whose products a lane holds: of all lanes some 9 MB at a hidden width of 128 with three pieces, which the third cache takes."""

AHEAD = 32
"""Tokens from the next unread one on that are multiplied at a time, where the window is full."""

RUN_TOKENS = 96
"""Tokens of a run of short documents that a lane takes, fewer where the batch has less than a few runs a lane."""

_scratch = Scratch()


class CompiledParser:
    """A parser over a fixed copy of weights. Thread-safe.

    The two affine layers below the maxout are merged into one, in float64.
    """

    def __init__(self, weights: TransitionWeights, subtok: int, backend: Backend, window_rows: int = WINDOW_ROWS) -> None:
        """Merge and pack the weights for a back end. `subtok` is the label id of arcs inside one word, -1 for none."""
        n_features, n_hidden, n_pieces, _ = weights.lower_W.shape
        merged, present = merged_layers(weights)
        self._shape = (n_features, n_pieces, n_hidden)
        self._window_rows = max(-(-window_rows // FILL) * FILL, 2 * AHEAD)
        vectors = isinstance(backend, VectorBackend) and n_pieces * n_hidden % LANES == 0
        self._tiles = _packed_lower(merged, present) if vectors else None
        self._products = None if vectors else backend.linear(merged.reshape(-1, merged.shape[-1]), present.reshape(-1))
        self._missing = np.ascontiguousarray(weights.lower_pad.transpose(0, 2, 1))
        by_input = np.ascontiguousarray(merged.transpose(0, 2, 1)).reshape(n_features, -1, n_pieces, n_hidden)
        self._lower = (np.ascontiguousarray(weights.lower_b.T), by_input, np.ascontiguousarray(present).reshape(self._shape))
        self._upper = packed_upper(weights)
        kinds = np.where((weights.labels == subtok) & (subtok >= 0), N_KINDS - 1, weights.moves).astype(np.int64)
        moves, labels = np.ascontiguousarray(weights.moves, dtype=np.int64), np.ascontiguousarray(weights.labels, dtype=np.int64)
        self._actions = (moves, labels, runs_of(kinds))

    def decode(self, vectors: Floats, doc_offsets: Ints, sent_starts: npt.NDArray[np.int8] | None = None) -> tuple[Ints, Ints]:
        """Arcs of every document: heads as rows, -1 where there is none, and label ids.

        Shape: vectors `(n_tokens, width)`, sent_starts and results `(n_tokens,)`.
        """
        given = np.ascontiguousarray(vectors, dtype=np.float32)
        bounds = np.ascontiguousarray(doc_offsets, dtype=np.int64)
        target = min(RUN_TOKENS, max(AHEAD, len(given) // (2 * N_LANES)))
        queue = (runs_of_documents(bounds, target), np.zeros(1, dtype=np.int64))
        n_lanes, size = min(N_LANES, max(len(queue[0]) - 1, 1)), self._window_rows
        state = arc_arrays(len(given), sent_starts, n_lanes)
        n_features, *plane = self._shape
        products = _scratch.get("products", (n_features, n_lanes * size + 1 + n_lanes, *plane))
        products[:, n_lanes * size] = self._missing
        work = _work(n_lanes, size, self._shape, len(self._upper[1]))
        model = (self._lower, self._upper, self._actions)
        if self._tiles is not None:
            _parse(given, products, bounds, queue, *self._tiles, model, work, size, state)
            return state.heads, state.labels
        while not _advance(given, products, bounds, queue, model, work, size, state):
            self._fill(given, products, work[0], work[1], size, state.at)
        return state.heads, state.labels

    def _fill(self, vectors: Floats, products: Floats, lanes: Ints, planned: Ints, size: int, at: Ints) -> None:
        """Products of the next tokens by the back end."""
        assert self._products is not None
        n = plan(lanes, at, size, size - AHEAD, planned)
        tokens = planned[:n, :1] + np.arange(FILL)
        made = np.ascontiguousarray(self._products(vectors[np.minimum(tokens.reshape(-1), len(vectors) - 1)]))
        scatter(made.reshape(-1, *self._shape), planned, n, products)


def _packed_lower(merged: Floats, present: Floats) -> tuple[Floats, Floats]:
    """The merged layer in blocks of three vectors of columns where they fit, else of one, slot after slot.

    Shape: `(nF, n_blocks, width, cols)`, `(nF, n_blocks, cols)`.
    """
    kind = PRODUCT_3 if merged.shape[1] % (3 * LANES) == 0 else PRODUCT_1
    slots = [Packed(kind, W, b) for W, b in zip(merged, present, strict=True)]
    weights, bias = aligned((len(slots), *slots[0].weights.shape)), aligned((len(slots), *slots[0].bias.shape))
    weights[:], bias[:] = [slot.weights for slot in slots], [slot.bias for slot in slots]
    return weights, bias


def _work(n_lanes: int, size: int, shape: tuple[int, int, int], n_scores: int) -> tuple[Any, ...]:
    """Lanes, planned rows, active lanes, feature rows, state vectors, scores, tile offsets, valid kinds."""
    shapes = ((n_lanes, 5), (n_lanes * (size // FILL + 1), 2), (n_lanes,), (shape[0],), (N_LANES,))
    lanes, planned, active, rows, offsets = (np.zeros(wanted, dtype=np.int64) for wanted in shapes)
    floats = _scratch.get("hidden", (N_LANES, shape[2])), _scratch.get("scores", (N_LANES, n_scores))
    lanes[:, DOC] = -1
    return lanes, planned, active, rows, *floats, offsets, np.empty(N_KINDS, dtype=np.bool_)


@jit
def _parse(
    vectors: Floats,
    products: Floats,
    doc_offsets: Ints,
    queue: Any,
    tiles: Floats,
    tile_bias: Floats,
    model: Any,
    work: Any,
    size: int,
    state: Any,
) -> None:
    """Parse and multiply in turn until the batch ends."""
    while not _advance(vectors, products, doc_offsets, queue, model, work, size, state):
        n = plan(work[0], state.at, size, size - AHEAD, work[1])
        fill(vectors, work[1], n, tiles, tile_bias, products)


@jit
def _advance(vectors: Floats, products: Floats, doc_offsets: Ints, queue: Any, model: Any, work: Any, size: int, state: Any) -> bool:
    """Parse until the batch ends (True), or until a lane needs products that are not there."""
    lower, upper, (moves, labels, runs) = model
    lanes, _, active, rows, hidden, scores, offsets, valid = work
    while True:
        n_active = 0
        for lane in range(len(lanes)):
            if _settle(lane, lanes, doc_offsets, queue, state):
                if _is_blocked(lane, lanes, state.at):
                    return False
                active[n_active] = lane
                n_active += 1
        if n_active == 0:
            return True
        for i in range(n_active):
            write_features(active[i], state, rows)
            to_pool(rows, active[i], vectors, products, lanes, size, lower)
            write_hidden(products, rows, lower[0], hidden, i)
        if upper[2]:
            write_scores(hidden, n_active, offsets, upper, scores)
        for i in range(n_active):
            lane = active[i]
            write_valid(lane, state, valid)
            action = best_action(scores if upper[2] else hidden, i, runs, valid)
            if action >= 0:
                apply_action(moves[action], labels[action], lane, state)
            else:
                begin_document(lane, state.at[lane, END], state.at[lane, END], state)


@jit
def _settle(lane: int, lanes: Ints, doc_offsets: Ints, queue: Any, state: Any) -> bool:
    """Go on to the lane's next document where the present one is done, and to the next run after the last; False where all is done."""
    runs, cursor = queue
    while is_final(lane, state):
        if lanes[lane, DOC] + 1 >= lanes[lane, LAST]:
            if cursor[0] + 1 >= len(runs):
                return False
            lanes[lane, DOC], lanes[lane, LAST] = runs[cursor[0]] - 1, runs[cursor[0] + 1]
            cursor[0] += 1
            lanes[lane, ORIGIN], lanes[lane, STOP] = doc_offsets[lanes[lane, DOC] + 1], doc_offsets[lanes[lane, LAST]]
            lanes[lane, FILLED] = lanes[lane, ORIGIN]
        lanes[lane, DOC] += 1
        begin_document(lane, doc_offsets[lanes[lane, DOC]], doc_offsets[lanes[lane, DOC] + 1], state)
    return True


@jit
def _is_blocked(lane: int, lanes: Ints, at: Ints) -> bool:
    """Whether one of the next two unread tokens has no products yet."""
    filled = lanes[lane, FILLED]
    return bool(filled < lanes[lane, STOP] and at[lane, NEXT] + 2 > filled)
