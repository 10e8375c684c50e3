# SPDX-License-Identifier: Apache-2.0
"""States of dependency parsing as arrays, for compiled loops. The truth: `decoders.parser_state`.

Tokens are rows of the batch. Some documents are parsed in step, and `parse` is the number of one of these
parses. Children of a token stand in two lists, left and right ones, most recent first: the token knows the
last one, and each child the one before it. So a feature is one or two reads, and an arc that is taken back
is unlinked in place; lists of Python's would need the interpreter, arrays of children would need room for
the largest tree a token.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...decoders.parser_actions import BREAK, LEFT, REDUCE, RIGHT, SHIFT
from ...jit.loops import jit_noalloc
from ..arrays import Ints

NEXT, DEPTH, N_BACK, FIRST, END = range(5)
"""Columns of `at`: the next unread token, tokens on the stack, tokens that were put back, the
document's first token and end."""

N_KINDS = 6
"""Kinds of action: the five moves, and arcs inside one word as a kind of their own where validity is asked
for."""


class StateArrays(NamedTuple):
    """The states of a whole batch, in which some documents are parsed in step. Shape: `(n_tokens,)`; `at`
    `(n_in_step, 5)`.

    A document's stack and its tokens that were put back begin at its first row.
    """

    at: Ints
    stack: Ints
    back: Ints
    heads: Ints
    labels: Ints
    last_left: Ints
    last_right: Ints
    older: Ints
    unshiftable: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.bool_]
    preset: npt.NDArray[np.int8]


def state_arrays(n_tokens: int, sent_starts: npt.NDArray[np.int8] | None, n_in_step: int = 1) -> StateArrays:
    """The state before the first document."""
    preset = (
        np.zeros(n_tokens, dtype=np.int8)
        if sent_starts is None
        else np.ascontiguousarray(sent_starts, dtype=np.int8)
    )
    stack, back = (np.empty(n_tokens, dtype=np.int32) for _ in range(2))
    heads, labels, left, right, older = (np.full(n_tokens, -1, dtype=np.int32) for _ in range(5))
    unshiftable = np.zeros(n_tokens, dtype=np.bool_)
    at = np.zeros((n_in_step, 5), dtype=np.int64)
    return StateArrays(at, stack, back, heads, labels, left, right, older, unshiftable, preset == 1, preset)


@jit_noalloc
def begin_document(parse: Any, first: Any, end: Any, state: Any) -> None:
    """Nothing read, nothing on the stack."""
    at = state.at
    at[parse, NEXT], at[parse, DEPTH], at[parse, N_BACK], at[parse, FIRST], at[parse, END] = (
        first,
        0,
        0,
        first,
        end,
    )


@jit_noalloc
def is_final(parse: Any, state: Any) -> bool:
    """Whether stack and buffer are empty."""
    at = state.at
    return bool(at[parse, DEPTH] == 0 and at[parse, N_BACK] == 0 and at[parse, NEXT] >= at[parse, END])


@jit_noalloc
def buffer_token(k: int, parse: Any, state: Any) -> Any:
    """Token `k` of the buffer, -1 beyond its end."""
    at = state.at
    if k < at[parse, N_BACK]:
        return np.int64(state.back[at[parse, FIRST] + at[parse, N_BACK] - 1 - k])
    token = at[parse, NEXT] + k - at[parse, N_BACK]
    return token if token < at[parse, END] else np.int64(-1)


@jit_noalloc
def stack_token(k: int, parse: Any, state: Any) -> Any:
    """Token `k` of the stack from its top, -1 below its bottom."""
    at = state.at
    depth = at[parse, DEPTH]
    return np.int64(state.stack[at[parse, FIRST] + depth - 1 - k]) if k < depth else np.int64(-1)


@jit_noalloc
def child_token(token: Any, last: Ints, older: Ints, k: int) -> Any:
    """The `k`-th most recent child of a list, from 1; -1 where there is none."""
    if token < 0:
        return np.int64(-1)
    child = np.int64(last[token])
    while k > 1 and child >= 0:
        child = np.int64(older[child])
        k -= 1
    return child


@jit_noalloc
def write_features(parse: Any, state: Any, out: Ints) -> None:
    """The 8 or 13 feature tokens of a parse's state, -1 where missing."""
    first, top, second = (
        buffer_token(0, parse, state),
        stack_token(0, parse, state),
        stack_token(1, parse, state),
    )
    left, right, older = state.last_left, state.last_right, state.older
    out[0], out[1], out[2], out[3], out[4] = (
        first,
        buffer_token(1, parse, state),
        top,
        second,
        stack_token(2, parse, state),
    )
    if len(out) == 8:
        out[5] = child_token(first, left, older, 1)
        out[6] = child_token(top, left, older, 1)
        out[7] = child_token(top, right, older, 1)
        return
    out[5] = child_token(top, left, older, 1)
    out[6] = child_token(top, right, older, 1)
    out[7] = child_token(first, left, older, 1)
    out[8] = child_token(top, right, older, 2)
    out[9] = child_token(second, left, older, 1)
    out[10] = child_token(second, left, older, 2)
    out[11] = child_token(second, right, older, 1)
    out[12] = child_token(second, right, older, 2)


@jit_noalloc
def write_valid(parse: Any, state: Any, out: npt.NDArray[np.bool_]) -> None:
    """Whether each kind of action may be taken; the last place is that of arcs inside one word."""
    depth, n = state.at[parse, DEPTH], state.at[parse, N_BACK] + state.at[parse, END] - state.at[parse, NEXT]
    first, second = buffer_token(0, parse, state), buffer_token(1, parse, state)
    starts = n > 0 and state.starts[first]
    out[SHIFT] = (depth == 0 and n > 0) or (n >= 2 and not starts and not state.unshiftable[first])
    out[REDUCE] = depth > 0 and (n == 0 or not (depth == 1 and state.preset[first] == -1))
    out[LEFT] = depth > 0 and n > 0 and not starts
    out[RIGHT] = out[LEFT]
    out[BREAK] = n >= 2 and second == first + 1 and not state.starts[second] and state.preset[second] != -1
    out[5] = out[LEFT] and stack_token(0, parse, state) == first - 1


@jit_noalloc
def apply_action(move: Any, label: Any, parse: Any, state: Any) -> None:
    """Take a valid action."""
    at, base = state.at, state.at[parse, FIRST]
    first, top = buffer_token(0, parse, state), stack_token(0, parse, state)
    if move in (SHIFT, RIGHT):
        if move == RIGHT:
            _attach(top, first, label, state)
        if at[parse, N_BACK] > 0:
            at[parse, N_BACK] -= 1
        else:
            at[parse, NEXT] += 1
        state.stack[base + at[parse, DEPTH]] = first
        at[parse, DEPTH] += 1
    elif move == REDUCE:
        at[parse, DEPTH] -= 1
        if at[parse, DEPTH] > 0 and state.heads[top] < 0:
            state.unshiftable[top] = True
            state.back[base + at[parse, N_BACK]] = top
            at[parse, N_BACK] += 1
    elif move == LEFT:
        _attach(first, top, label, state)
        state.unshiftable[first] = False
        at[parse, DEPTH] -= 1
    else:
        state.starts[buffer_token(1, parse, state)] = True


@jit_noalloc
def _attach(head: Any, child: Any, label: Any, state: Any) -> None:
    """Make an arc; one that the child has already is taken back."""
    old = state.heads[child]
    if old >= 0:
        _detach(child, old, state.last_left if child < old else state.last_right, state.older)
    last = state.last_left if child < head else state.last_right
    state.older[child] = last[head]
    last[head] = child
    state.heads[child] = head
    state.labels[child] = label


@jit_noalloc
def _detach(child: Any, head: Any, last: Ints, older: Ints) -> None:
    if last[head] == child:
        last[head] = older[child]
        return
    at = last[head]
    while older[at] != child:
        at = older[at]
    older[at] = older[child]
