# SPDX-License-Identifier: Apache-2.0
"""Greedy dependency parsing over whole batches: the arc-eager system, several documents in step.

    while documents are left:
        for each of N_IN_STEP parses: next document where one is done, feature tokens of the state   `state`
        make the products that these tokens lack, for all parses at once                          `products`
        for parse: hidden = largest piece of the sum of its feature tokens' products                `scores`
        scores = upper layer of all hidden rows, in one product
        for parse: take the best valid action

One step of one document is a product of one row with the weights, and takes about as long as reading these;
documents in step share the reading. Documents are taken in runs of neighbours, so that short ones fill a
parse's share, too. The truth: `decoders.parser_decoder`, one state at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ...jit.loops import jit_noalloc
from ..arrays import Floats, Ints, Scratch
from ..backend import Backend
from ..weights import TransitionWeights, merge_layers
from .products import (
    AHEAD,
    MARGIN,
    LowerWeights,
    Products,
    lay_out_lower,
    make,
    row_of,
    take_made,
    want_ahead,
)
from .scores import UpperWeights, best_action, class_arrays, lay_out_upper, write_hidden, write_scores
from .state import (
    END,
    N_KINDS,
    NEXT,
    StateArrays,
    apply_action,
    begin_document,
    is_final,
    state_arrays,
    write_features,
    write_valid,
)

N_IN_STEP = 32
"""Documents parsed in step: enough that what they need of one feature slot fills some tiles."""

RUN_TOKENS = 64
"""Tokens of a run of short documents that a parse takes, fewer where the batch has less than two such runs
for each."""

ROWS_EACH = 16
"""Tokens a parse whose products are kept, at least: at a hidden width of 128 and three pieces 13 MB for all
of them, which the third cache takes."""

CHUNK_TOKENS = 1024
"""Tokens whose products a back end makes at a time that cannot multiply inside the loop."""

DOC, LAST, STOP, MADE = range(4)
"""Columns of `parses`: the document, the run's end by document, its end by row, the first row that is not
made ahead."""

_scratch = Scratch()


class CompiledParser:
    """A parser over a fixed copy of weights. Thread-safe.

    The two affine layers below the maxout are merged into one, in float64.
    """

    def __init__(
        self, weights: TransitionWeights, subtok: int, backend: Backend, rows_each: int = ROWS_EACH
    ) -> None:
        """Merge and lay out the weights for a back end. `subtok` is the label id of arcs inside one word, -1
        for none."""
        n_features, n_hidden, n_pieces, _ = weights.lower_W.shape
        merged, present = merge_layers(weights)
        self._shape = (n_features, n_pieces, n_hidden)
        self._rows_each = rows_each
        self._lower = lay_out_lower(merged, present, np.ascontiguousarray(weights.lower_b.T))
        in_loop = backend.in_loops and self._lower.tiled
        columns = merged.reshape(-1, merged.shape[-1]), present.reshape(-1)
        self._all_slots = None if in_loop else backend.linear(*columns)
        self._missing = np.ascontiguousarray(weights.lower_pad.transpose(0, 2, 1))
        self._upper = lay_out_upper(weights)
        moves, labels, _, ranges = class_arrays(weights, subtok)
        self._actions = (moves, labels, ranges)

    def decode(
        self, vectors: Floats, doc_offsets: Ints, sent_starts: npt.NDArray[np.int8] | None = None
    ) -> tuple[Ints, Ints]:
        """Arcs of every document: heads as rows, -1 where there is none, and label ids.

        Shape: vectors `(n_tokens, width)`, sent_starts and results `(n_tokens,)`.
        """
        inputs = np.ascontiguousarray(vectors, dtype=np.float32)
        bounds = np.ascontiguousarray(doc_offsets, dtype=np.int64)
        runs = runs_of_documents(bounds, min(RUN_TOKENS, max(AHEAD, len(inputs) // (2 * N_IN_STEP))))
        n_in_step = min(N_IN_STEP, max(len(runs) - 1, 1))
        state = state_arrays(len(inputs), sent_starts, n_in_step)
        # Plain tuples cross into compiled code in half the time of named ones.
        weights = (tuple(self._lower), tuple(self._upper), self._actions)
        for some, products in self._products(inputs, bounds, runs, n_in_step):
            work = self._work(n_in_step)
            _parse_runs(inputs, bounds, some, tuple(products), weights, work, tuple(state))
        return state.heads, state.labels

    def _products(
        self, inputs: Floats, bounds: Ints, runs: Ints, n_in_step: int
    ) -> Iterator[tuple[Ints, Products]]:
        """Runs of documents with the rings for their products: all runs and empty rings where the loop
        multiplies, else chunks of runs whose first products are made."""
        where = np.zeros((len(inputs), self._shape[0]), dtype=np.int64)
        if self._all_slots is None:
            yield runs, self._rings(n_in_step, self._rows_each * n_in_step, where)
            return
        for some in _chunks(bounds, runs):
            first, end = int(bounds[some[0]]), int(bounds[some[-1]])
            made = self._all_slots(inputs[first : min(end, first + CHUNK_TOKENS)])
            made = np.ascontiguousarray(made).reshape(-1, *self._shape)
            products = self._rings(n_in_step, len(made), where)
            take_made(made, first, products)
            yield some, products

    def _rings(self, n_in_step: int, n_rows: int, where: Ints) -> Products:
        """Empty rings for at least so many rows."""
        n_features, *plane = self._shape
        size = 1 << (n_rows + 2 * MARGIN - 1).bit_length()
        rows = _scratch.get("products", (n_features, size + 1, *plane))
        rows[:, size] = self._missing
        n_wanted = n_in_step * (AHEAD + 1)
        made, counts = np.zeros((2, n_features), dtype=np.int64)
        wanted = np.empty((n_features, n_wanted), dtype=np.int64)
        offsets = np.empty(n_wanted + 2 * AHEAD, dtype=np.int64)
        return Products(rows, where, made, wanted, counts, offsets)

    def _work(self, n_in_step: int) -> tuple[Any, ...]:
        """Parses, those that are active, feature rows, state vectors, scores, tile offsets, valid kinds."""
        n_features, _, n_hidden = self._shape
        parses = np.zeros((n_in_step, 4), dtype=np.int64)
        parses[:, DOC] = -1
        active, rows, offsets = (
            np.empty(shape, dtype=np.int64) for shape in (n_in_step, (n_in_step, n_features), N_IN_STEP)
        )
        hidden = _scratch.get("hidden", (N_IN_STEP, n_hidden))
        scores = _scratch.get("scores", (N_IN_STEP, len(self._upper.bias)))
        return parses, active, rows, hidden, scores, offsets, np.empty(N_KINDS, dtype=np.bool_)


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


@jit_noalloc
def _parse_runs(
    vectors: Floats,
    doc_offsets: Ints,
    runs: Ints,
    rings: Any,
    weights: Any,
    work: Any,
    arrays: Any,
) -> None:
    """All runs of documents, one action of every parse at a time."""
    products, state = Products(*rings), StateArrays(*arrays)
    lower, upper = LowerWeights(*weights[0]), UpperWeights(*weights[1])
    moves, labels, ranges = weights[2]
    parses, active, rows, hidden, scores, offsets, valid = work
    n_runs = 0
    while True:
        n_active = 0
        for parse in range(len(parses)):
            n_runs = _settle(parse, n_runs, runs, parses, doc_offsets, state)
            if not is_final(parse, state):
                if (
                    state.at[parse, NEXT] + 1 >= parses[parse, MADE]
                    and parses[parse, MADE] < parses[parse, STOP]
                ):
                    parses[parse, MADE] = want_ahead(parses[parse, MADE], parses[parse, STOP], products)
                active[n_active] = parse
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
        if upper.exists:
            write_scores(hidden, n_active, offsets, upper, scores)
        for i in range(n_active):
            parse = active[i]
            write_valid(parse, state, valid)
            action = best_action(scores if upper.exists else hidden, i, ranges, valid)
            if action >= 0:
                apply_action(moves[action], labels[action], parse, state)
            else:
                begin_document(parse, state.at[parse, END], state.at[parse, END], state)


@jit_noalloc
def _settle(parse: int, n_runs: int, runs: Ints, parses: Ints, doc_offsets: Ints, state: Any) -> int:
    """Go on to the parse's next document where the present one is done, and to the next run after its last;
    how many runs were taken."""
    while is_final(parse, state):
        if parses[parse, DOC] + 1 >= parses[parse, LAST]:
            if n_runs + 1 >= len(runs):
                break
            begin, end = runs[n_runs], runs[n_runs + 1]
            parses[parse, DOC], parses[parse, LAST] = begin - 1, end
            parses[parse, MADE], parses[parse, STOP] = doc_offsets[begin], doc_offsets[end]
            n_runs += 1
        parses[parse, DOC] += 1
        begin_document(parse, doc_offsets[parses[parse, DOC]], doc_offsets[parses[parse, DOC] + 1], state)
    return n_runs
