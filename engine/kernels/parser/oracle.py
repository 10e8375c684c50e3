# SPDX-License-Identifier: Apache-2.0
"""What a parser learns from: the states of documents, and what gold says is best in each.

    for document: state = nothing read
        while not final:
            valid  = kinds of action that the state allows                         `state`
            cost   = gold arcs that can be had before an action and not after it   for each kind
            wanted = valid actions of the least cost; a wrong label costs one
            take the best valid action (exploration), or the best wanted one

A dynamic oracle: gold is asked in any state, also in one that gold never leads to, so a parser learns to
make the best of its own mistakes. The NER oracle is `ner.oracle`; both give features, valid and wanted of
each state. Tests hold its states to those of `decoders.parser_state`, and the way along `wanted` to the
gold tree.
Source: Goldberg and Nivre 2012, "A dynamic oracle for arc-eager dependency parsing" (COLING), and 2013,
"Training deterministic parsers with non-deterministic oracles" (TACL 1), for costs and exploration;
Honnibal, Goldberg and Johnson 2013, "A non-monotonic arc-eager transition system for dependency parsing"
(CoNLL), for arcs taken back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...decoders.parser_actions import BREAK, LEFT, REDUCE, RIGHT, SHIFT
from ...jit.loops import jit, jit_noalloc_fastmath
from ..arrays import Floats, Ints
from ..weights import TransitionWeights
from .scores import best_action, class_arrays, lay_out_upper, score_row
from .state import (
    DEPTH,
    END,
    FIRST,
    N_BACK,
    N_KINDS,
    NEXT,
    apply_action,
    begin_document,
    buffer_token,
    is_final,
    stack_token,
    state_arrays,
    write_features,
    write_valid,
)

STEPS_PER_TOKEN = 6
"""A document is left after so many steps a token; a parse takes two, wild weights may take more."""

WRONG_BREAK = 2
"""What a sentence start amid a sentence costs, whatever arcs it cuts."""

UNKNOWN = -1
"""Head and label of a token of which gold says nothing."""


class GoldArcs(NamedTuple):
    """Gold trees of a batch. Shape: `(n_tokens,)` each.

    heads: rows, a root's is its own, `UNKNOWN` where gold says nothing; labels: ids as the actions have them;
    starts: 1 where a sentence starts, -1 where none does, 0 unknown; last_child: the last row with this head,
    -1 for none.
    """

    heads: Ints
    labels: Ints
    starts: npt.NDArray[np.int8]
    last_child: Ints


class ParserStates(NamedTuple):
    """States walked through. Shape: features `(n_states, nF)`, rows, -1 where missing; valid and wanted
    `(n_states, n_actions)`."""

    features: Ints
    valid: npt.NDArray[np.bool_]
    wanted: npt.NDArray[np.bool_]


class StateVectors(NamedTuple):
    """Vectors of states before dropout, and the piece that each of their numbers comes from. Shape:
    `(n_states, nO)` each."""

    hidden: Floats
    which: npt.NDArray[np.uint8]


def gold_arcs(heads: Ints, labels: Ints, starts: npt.NDArray[np.int8]) -> GoldArcs:
    """Gold trees with what costs need to be counted."""
    last_child = np.full(len(heads), -1, dtype=np.int64)
    children = np.flatnonzero((heads >= 0) & (heads != np.arange(len(heads))))
    last_child[heads[children]] = children  # children come in order, so the last one stays
    return GoldArcs(heads.astype(np.int64), labels.astype(np.int64), starts.astype(np.int8), last_child)


def walk(
    products: Floats,
    weights: TransitionWeights,
    doc_offsets: Ints,
    gold: GoldArcs,
    explore: npt.NDArray[np.bool_],
    sent_starts: npt.NDArray[np.int8] | None = None,
    subtok: int = -1,
) -> ParserStates:
    """The states of all documents, on the way that the weights prefer where `explore`, else on the best way
    to gold.

    Shape: products `(n_tokens, nF, nO, nP)`, every token with every slot of the lower layer; explore
    `(n_docs,)`.
    """
    pad = weights.lower_pad.swapaxes(1, 2).reshape(1, -1)
    rows = np.concatenate([products.swapaxes(2, 3).reshape(len(products), -1), pad]).astype(np.float32)
    return walk_rows(rows, weights, doc_offsets, gold, explore, sent_starts, subtok)[0]


def walk_rows(
    rows: Floats,
    weights: TransitionWeights,
    doc_offsets: Ints,
    gold: GoldArcs,
    explore: npt.NDArray[np.bool_],
    sent_starts: npt.NDArray[np.int8] | None = None,
    subtok: int = -1,
) -> tuple[ParserStates, StateVectors]:
    """The same, with the states' vectors, which a learner goes on with.

    Shape: rows `(n_tokens + 1, nF * nP * nO)`, the last one for missing tokens.
    """
    n_tokens, (n_features, n_hidden, _) = len(rows) - 1, weights.lower_pad.shape
    actions = class_arrays(weights, subtok)
    cap, n_actions = STEPS_PER_TOKEN * (n_tokens + 1), len(weights.moves)
    states = ParserStates(
        np.empty((cap, n_features), np.int64),
        np.empty((cap, n_actions), np.bool_),
        np.empty((cap, n_actions), np.bool_),
    )
    vectors = StateVectors(np.empty((cap, n_hidden), np.float32), np.empty((cap, n_hidden), np.uint8))
    bounds, bias = np.ascontiguousarray(doc_offsets, dtype=np.int64), np.ascontiguousarray(weights.lower_b.T)
    start, upper = state_arrays(n_tokens, sent_starts), lay_out_upper(weights)
    n_states = _walk(rows, bias, upper, actions, bounds, gold, explore, start, states, vectors)
    return (
        ParserStates(states.features[:n_states], states.valid[:n_states], states.wanted[:n_states]),
        StateVectors(vectors.hidden[:n_states], vectors.which[:n_states]),
    )


@jit
def _walk(
    products: Floats,
    bias: Floats,
    upper: Any,
    actions: Any,
    doc_offsets: Ints,
    gold: Any,
    explore: Any,
    state: Any,
    out: Any,
    vectors: Any,
) -> int:
    moves, labels, _, ranges = actions
    scores = np.empty((1, len(upper.bias)), np.float32)
    valid, costs = np.empty(N_KINDS, np.bool_), np.empty(N_KINDS, np.int64)
    sums = np.empty(bias.size, np.float32)
    n_states = 0
    for doc in range(len(doc_offsets) - 1):
        begin_document(0, doc_offsets[doc], doc_offsets[doc + 1], state)
        limit = n_states + STEPS_PER_TOKEN * (doc_offsets[doc + 1] - doc_offsets[doc])
        while n_states < limit and not is_final(0, state):
            write_valid(0, state, valid)
            write_features(0, state, out.features[n_states])
            write_costs(state, gold, costs)
            _write_wanted(state, gold, actions, valid, costs, out.valid[n_states], out.wanted[n_states])
            write_vector(products, out.features, bias, sums, n_states, vectors.hidden, vectors.which)
            if upper.exists:
                score_row(vectors.hidden[n_states : n_states + 1], 0, upper, scores)
            values = scores if upper.exists else vectors.hidden[n_states : n_states + 1]
            action = (
                best_action(values, 0, ranges, valid)
                if explore[doc]
                else _best_wanted(values[0], out.wanted[n_states])
            )
            if action < 0:
                break
            n_states += 1
            apply_action(moves[action], labels[action], 0, state)
    return n_states


@jit_noalloc_fastmath
def write_vector(
    products: Floats,
    features: Ints,
    bias: Floats,
    sums: Floats,
    state: Any,
    hidden: Floats,
    which: npt.NDArray[np.uint8],
) -> None:
    """The vector of a state: bias and products of its feature tokens summed, then the largest piece, and
    which.

    Shape: products `(n_rows, nF * nP * nO)`, the last row for missing tokens; features `(n_states, nF)`; bias
    `(nP, nO)`; sums `(nP * nO,)`; hidden, which `(n_states, nO)`.
    """
    n_pieces, width = bias.shape
    size, last = n_pieces * width, len(products) - 1
    for piece in range(n_pieces):
        for i in range(width):
            sums[piece * width + i] = bias[piece, i]
    for slot in range(features.shape[1]):
        token = features[state, slot]
        row, first = token if token >= 0 else last, slot * size
        for i in range(size):
            sums[i] += products[row, first + i]
    for i in range(width):
        hidden[state, i], which[state, i] = sums[i], 0
    for piece in range(1, n_pieces):
        for i in range(width):
            value = sums[piece * width + i]
            above = value > hidden[state, i]
            hidden[state, i] = value if above else hidden[state, i]
            which[state, i] = np.uint8(piece) if above else which[state, i]


@jit
def _best_wanted(scores: Floats, wanted: Any) -> Any:
    best = np.int64(-1)
    for action in range(len(wanted)):
        if wanted[action] and (best < 0 or scores[action] > scores[best]):
            best = np.int64(action)
    return best


@jit
def _write_wanted(
    state: Any, gold: Any, actions: Any, valid: Any, costs: Ints, out_valid: Any, out_wanted: Any
) -> None:
    """Which actions are valid, and which of these cost least; a wrong label on a gold arc costs one."""
    moves, labels, kinds, _ = actions
    first, top = buffer_token(0, 0, state), stack_token(0, 0, state)
    both = first >= 0 and top >= 0
    left = gold.labels[top] if both and gold.heads[top] == first else np.int64(UNKNOWN)
    right = gold.labels[first] if both and gold.heads[first] == top else np.int64(UNKNOWN)
    least = np.int64(1 << 30)
    for final in range(2):
        for action in range(len(moves)):
            wanted_label = (
                left if moves[action] == LEFT else right if moves[action] == RIGHT else np.int64(UNKNOWN)
            )
            cost = costs[moves[action]] + (wanted_label >= 0 and labels[action] != wanted_label)
            if final:
                out_valid[action] = valid[kinds[action]]
                out_wanted[action] = valid[kinds[action]] and cost == least
            elif valid[kinds[action]]:
                least = min(least, cost)


@jit
def write_costs(state: Any, gold: Any, out: Ints) -> None:
    """What each kind of action loses."""
    out[:] = 0
    first, second, top = buffer_token(0, 0, state), buffer_token(1, 0, state), stack_token(0, 0, state)
    depth = state.at[0, DEPTH]
    if first >= 0:
        opens = gold.starts[first] == 1 and depth > 0
        heads_on_stack = _children_on_stack(first, state, gold, 0)
        out[SHIFT] = heads_on_stack + _on_stack(gold.heads[first], first, state) + opens
        out[BREAK] = _break_cost(second, gold)
    if top < 0:
        return
    children = _children_in_buffer(top, state, gold)
    out[REDUCE] = children + (gold.heads[top] != state.heads[top] and _in_buffer(gold.heads[top], top, state))
    if first >= 0:
        out[LEFT] = children + _left_cost(first, top, state, gold) + opens
        out[RIGHT] = heads_on_stack + _right_cost(first, top, state, gold) + opens


@jit
def _break_cost(second: Any, gold: Any) -> int:
    if second < 0 or gold.starts[second] == 1:
        return 0
    return WRONG_BREAK if gold.starts[second] == -1 else 1


@jit
def _left_cost(first: Any, top: Any, state: Any, gold: Any) -> int:
    """The head that the top of the stack can no longer have, and its children below it, which putting it back
    would have given."""
    head, has_head = gold.heads[top], state.heads[top] >= 0
    lost = 0 if has_head else _children_on_stack(top, state, gold, 1)
    if head == first or head < 0:
        return lost
    if head == top:
        return lost + (not has_head)
    if state.heads[top] == head or _in_buffer(head, top, state):
        return lost + 1
    return lost + (not has_head and _on_stack(head, top, state))


@jit
def _right_cost(first: Any, top: Any, state: Any, gold: Any) -> int:
    """The head that the first token of the buffer does not get."""
    head = gold.heads[first]
    if head == top or head < 0:
        return 0
    return int(head == first or _in_buffer(head, first, state) or _on_stack(head, first, state))


@jit
def _on_stack(head: Any, token: Any, state: Any) -> bool:
    """Whether a token's gold head, which is another token, is on the stack."""
    if head < 0 or head == token:
        return False
    return _contains(state.stack, state.at[0, FIRST], state.at[0, DEPTH], head)


@jit
def _in_buffer(head: Any, token: Any, state: Any) -> bool:
    """Whether a token's gold head, which is another token, is in the buffer."""
    if head < 0 or head == token:
        return False
    at = state.at
    if head >= at[0, NEXT]:
        return bool(head < at[0, END])
    return _contains(state.back, at[0, FIRST], at[0, N_BACK], head)


@jit
def _contains(tokens: Ints, first: Any, n: Any, token: Any) -> bool:
    for i in range(first, first + n):  # noqa: SIM110  # numba compiles no generator expression
        if tokens[i] == token:
            return True
    return False


@jit
def _children_on_stack(token: Any, state: Any, gold: Any, skip: int) -> int:
    """Gold children of a token on the stack, below the first `skip`."""
    count = 0
    for i in range(state.at[0, DEPTH] - skip):
        child = state.stack[state.at[0, FIRST] + i]
        count += gold.heads[child] == token and child != token and state.heads[child] != token
    return count


@jit
def _children_in_buffer(token: Any, state: Any, gold: Any) -> int:
    count = 0
    at = state.at
    for child in range(max(at[0, NEXT], token + 1), min(gold.last_child[token] + 1, at[0, END])):
        count += gold.heads[child] == token
    for i in range(at[0, FIRST], at[0, FIRST] + at[0, N_BACK]):
        count += gold.heads[state.back[i]] == token and state.back[i] != token
    return count
