# SPDX-License-Identifier: Apache-2.0
"""Greedy dependency parsing: the arc-eager system over whole batches, several documents in step.

One step of one document is a product of one row with the weights, and takes about as long as reading these;
documents in step share the reading.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...jit.loops import plain_jit
from ..arrays import Floats, Ints, Scratch
from ..backend import Backend
from ..vector.packed import VectorBackend
from ..weights import TransitionWeights, merged_layers
from .products import (
    AHEAD,
    MARGIN,
    LowerWeights,
    Products,
    lower_weights,
    make,
    row_of,
    take_made,
    want_ahead,
)
from .scores import best_action, packed_upper, runs_of, write_hidden, write_scores
from .state import (
    END,
    N_KINDS,
    NEXT,
    apply_action,
    arc_arrays,
    begin_document,
    is_final,
    write_features,
    write_valid,
)

N_LANES = 32
"""Documents in step: enough that what they need of one slot fills some tiles."""

RUN_TOKENS = 64
"""Tokens of a run of short documents that a lane takes, fewer where the batch has less than two such runs a
lane."""

LANE_ROWS = 16
"""Tokens a lane whose products are kept, at least: at a hidden width of 128 and three pieces 13 MB, which the
third cache takes."""

CHUNK_TOKENS = 1024
"""Tokens whose products another back end than our tiles makes at a time."""

DOC, LAST, STOP, MADE = range(4)
"""Places in a row of `lanes`: the document, the run's end by document, its end by row, the first row that is
not made ahead."""

_scratch = Scratch()


class CompiledParser:
    """A parser over a fixed copy of weights. Thread-safe.

    The two affine layers below the maxout are merged into one, in float64.
    """

    def __init__(
        self, weights: TransitionWeights, subtok: int, backend: Backend, lane_rows: int = LANE_ROWS
    ) -> None:
        """Merge and pack the weights for a back end. `subtok` is the label id of arcs inside one word, -1 for
        none."""
        n_features, n_hidden, n_pieces, _ = weights.lower_W.shape
        merged, present = merged_layers(weights)
        self._shape = (n_features, n_pieces, n_hidden)
        self._lane_rows = lane_rows
        self._lower: LowerWeights = lower_weights(merged, present, np.ascontiguousarray(weights.lower_b.T))
        ahead = isinstance(backend, VectorBackend) and self._lower.tiled
        self._products = (
            None if ahead else backend.linear(merged.reshape(-1, merged.shape[-1]), present.reshape(-1))
        )
        self._missing = np.ascontiguousarray(weights.lower_pad.transpose(0, 2, 1))
        self._upper = packed_upper(weights)
        kinds = np.where((weights.labels == subtok) & (subtok >= 0), N_KINDS - 1, weights.moves).astype(
            np.int64
        )
        moves, labels = (
            np.ascontiguousarray(weights.moves, dtype=np.int64),
            np.ascontiguousarray(weights.labels, dtype=np.int64),
        )
        self._actions = (moves, labels, runs_of(kinds))

    def decode(
        self, vectors: Floats, doc_offsets: Ints, sent_starts: npt.NDArray[np.int8] | None = None
    ) -> tuple[Ints, Ints]:
        """Arcs of every document: heads as rows, -1 where there is none, and label ids.

        Shape: vectors `(n_tokens, width)`, sent_starts and results `(n_tokens,)`.
        """
        given = np.ascontiguousarray(vectors, dtype=np.float32)
        bounds = np.ascontiguousarray(doc_offsets, dtype=np.int64)
        runs = runs_of_documents(bounds, min(RUN_TOKENS, max(AHEAD, len(given) // (2 * N_LANES))))
        n_lanes = min(N_LANES, max(len(runs) - 1, 1))
        state = arc_arrays(len(given), sent_starts, n_lanes)
        where = np.zeros((len(given), self._shape[0]), dtype=np.int64)
        if self._products is None:
            products = self._rings(n_lanes, self._lane_rows * n_lanes, where)
            _parse(
                given,
                bounds,
                runs,
                products,
                self._lower,
                self._upper,
                self._actions,
                _work(n_lanes, self._shape, self._upper),
                state,
            )
            return state.heads, state.labels
        for some in _chunks(bounds, runs):
            first, end = int(bounds[some[0]]), int(bounds[some[-1]])
            made = np.ascontiguousarray(
                self._products(given[first : min(end, first + CHUNK_TOKENS)])
            ).reshape(-1, *self._shape)
            products = self._rings(n_lanes, len(made), where)
            take_made(made, first, products)
            _parse(
                given,
                bounds,
                some,
                products,
                self._lower,
                self._upper,
                self._actions,
                _work(n_lanes, self._shape, self._upper),
                state,
            )
        return state.heads, state.labels

    def _rings(self, n_lanes: int, n_rows: int, where: Ints) -> Products:
        """Empty rings for at least so many rows."""
        n_features, *plane = self._shape
        size = 1 << (n_rows + 2 * MARGIN - 1).bit_length()
        rows = _scratch.get("products", (n_features, size + 1, *plane))
        rows[:, size] = self._missing
        n_wanted = n_lanes * (AHEAD + 1)
        made, counts = np.zeros((2, n_features), dtype=np.int64)
        room = (
            np.empty((n_features, n_wanted), dtype=np.int64),
            np.empty(n_wanted + 2 * AHEAD, dtype=np.int64),
        )
        return Products(rows, where, made, room[0], counts, room[1])


def runs_of_documents(doc_offsets: Ints, target: int) -> Ints:
    """Where runs of about `target` tokens begin, as document numbers, and the number of documents."""
    begins, documents = [0], np.searchsorted(doc_offsets, doc_offsets[:-1] + target).tolist()
    while begins[-1] < len(documents):
        begins.append(min(max(documents[begins[-1]], begins[-1] + 1), len(documents)))
    return np.array(begins, dtype=np.int64)


def _chunks(doc_offsets: Ints, runs: Ints) -> list[Ints]:
    """Runs in groups of at most `CHUNK_TOKENS`, or of one run."""
    groups, begin = [], 0
    for i in range(1, len(runs)):
        if i + 1 == len(runs) or doc_offsets[runs[i + 1]] - doc_offsets[runs[begin]] > CHUNK_TOKENS:
            groups.append(runs[begin : i + 1])
            begin = i
    return groups


def _work(n_lanes: int, shape: tuple[int, int, int], upper: tuple[Any, ...]) -> tuple[Any, ...]:
    """Lanes, active lanes, feature rows, state vectors, scores, tile offsets, valid kinds."""
    lanes = np.zeros((n_lanes, 4), dtype=np.int64)
    lanes[:, DOC] = -1
    active, rows, offsets = (
        np.empty(wanted, dtype=np.int64) for wanted in (n_lanes, (n_lanes, shape[0]), N_LANES)
    )
    floats = _scratch.get("hidden", (N_LANES, shape[2])), _scratch.get("scores", (N_LANES, len(upper[1])))
    return lanes, active, rows, *floats, offsets, np.empty(N_KINDS, dtype=np.bool_)


@plain_jit
def _parse(
    vectors: Floats,
    doc_offsets: Ints,
    runs: Ints,
    products: Any,
    lower: Any,
    upper: Any,
    actions: Any,
    work: Any,
    state: Any,
) -> None:
    """All runs of documents, one action of every lane at a time."""
    moves, labels, kinds = actions
    lanes, active, rows, hidden, scores, offsets, valid = work
    n_runs = 0
    while True:
        n_active = 0
        for lane in range(len(lanes)):
            n_runs = _settle(lane, n_runs, runs, lanes, doc_offsets, state)
            if not is_final(lane, state):
                if state.at[lane, NEXT] + 1 >= lanes[lane, MADE] and lanes[lane, MADE] < lanes[lane, STOP]:
                    lanes[lane, MADE] = want_ahead(lanes[lane, MADE], lanes[lane, STOP], products)
                active[n_active] = lane
                n_active += 1
        if n_active == 0:
            return
        for i in range(n_active):
            write_features(active[i], state, rows[i])
            for slot in range(rows.shape[1]):
                rows[i, slot] = row_of(rows[i, slot], slot, products)
        make(vectors, lower, products)
        for i in range(n_active):
            write_hidden(products.rows, rows[i], lower.bias, hidden, i)
        if upper[2]:
            write_scores(hidden, n_active, offsets, upper, scores)
        for i in range(n_active):
            lane = active[i]
            write_valid(lane, state, valid)
            action = best_action(scores if upper[2] else hidden, i, kinds, valid)
            if action >= 0:
                apply_action(moves[action], labels[action], lane, state)
            else:
                begin_document(lane, state.at[lane, END], state.at[lane, END], state)


@plain_jit
def _settle(lane: int, n_runs: int, runs: Ints, lanes: Ints, doc_offsets: Ints, state: Any) -> int:
    """Go on to the lane's next document where the present one is done, and to the next run after its last;
    how many runs were taken."""
    while is_final(lane, state):
        if lanes[lane, DOC] + 1 >= lanes[lane, LAST]:
            if n_runs + 1 >= len(runs):
                break
            lanes[lane, DOC], lanes[lane, LAST] = runs[n_runs] - 1, runs[n_runs + 1]
            lanes[lane, MADE], lanes[lane, STOP] = doc_offsets[runs[n_runs]], doc_offsets[runs[n_runs + 1]]
            n_runs += 1
        lanes[lane, DOC] += 1
        begin_document(lane, doc_offsets[lanes[lane, DOC]], doc_offsets[lanes[lane, DOC] + 1], state)
    return n_runs
