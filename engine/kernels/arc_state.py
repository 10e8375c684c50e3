# SPDX-License-Identifier: Apache-2.0
"""States of dependency parsing as arrays, for compiled loops: the rules of `decoders.arc_state`.

Tokens are rows of the batch. Children of a token stand in two lists, left and right ones, most recent first: the token knows the
last one, and each child the one before it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..decoders.arc_actions import BREAK, LEFT, REDUCE, RIGHT, SHIFT
from ..jit import jit
from .arrays import Ints

DOC, NEXT, DEPTH, N_BACK = range(4)
"""Places in `at`: the document, the next unread token, tokens on the stack, tokens that were put back."""

N_KINDS = 6
"""Kinds of action: the five moves, and arcs inside one word as a kind of their own where validity is asked for."""


class ArcArrays(NamedTuple):
    """The state of a whole batch, one document after another. Shape: `(n_tokens,)`; `at` `(4,)`."""

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


def arc_arrays(n_tokens: int, sent_starts: npt.NDArray[np.int8] | None) -> ArcArrays:
    """The state before the first document."""
    preset = np.zeros(n_tokens, dtype=np.int8) if sent_starts is None else np.ascontiguousarray(sent_starts, dtype=np.int8)
    stack, back = (np.empty(n_tokens, dtype=np.int32) for _ in range(2))
    heads, labels, left, right, older = (np.full(n_tokens, -1, dtype=np.int32) for _ in range(5))
    unshiftable = np.zeros(n_tokens, dtype=np.bool_)
    at = np.zeros(4, dtype=np.int64)
    return ArcArrays(at, stack, back, heads, labels, left, right, older, unshiftable, preset == 1, preset)


@jit
def buffer_token(k: int, end: Any, state: Any) -> Any:
    """Token `k` of the buffer, -1 beyond its end."""
    at = state.at
    if k < at[N_BACK]:
        return np.int64(state.back[at[N_BACK] - 1 - k])
    token = at[NEXT] + k - at[N_BACK]
    return token if token < end else np.int64(-1)


@jit
def stack_token(k: int, state: Any) -> Any:
    """Token `k` of the stack from its top, -1 below its bottom."""
    depth = state.at[DEPTH]
    return np.int64(state.stack[depth - 1 - k]) if k < depth else np.int64(-1)


@jit
def child_token(token: Any, last: Ints, older: Ints, k: int) -> Any:
    """The `k`-th most recent child of a list, from 1; -1 where there is none."""
    if token < 0:
        return np.int64(-1)
    child = np.int64(last[token])
    while k > 1 and child >= 0:
        child = np.int64(older[child])
        k -= 1
    return child


@jit
def write_features(end: Any, state: Any, out: Ints) -> None:
    """The 8 or 13 feature tokens of the present state, -1 where missing."""
    first, top, second = buffer_token(0, end, state), stack_token(0, state), stack_token(1, state)
    left, right, older = state.last_left, state.last_right, state.older
    out[0], out[1], out[2], out[3], out[4] = first, buffer_token(1, end, state), top, second, stack_token(2, state)
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


@jit
def write_valid(end: Any, state: Any, out: npt.NDArray[np.bool_]) -> None:
    """Whether each kind of action may be taken; the last place is that of arcs inside one word."""
    depth, n = state.at[DEPTH], state.at[N_BACK] + end - state.at[NEXT]
    first, second = buffer_token(0, end, state), buffer_token(1, end, state)
    starts = n > 0 and state.starts[first]
    out[SHIFT] = (depth == 0 and n > 0) or (n >= 2 and not starts and not state.unshiftable[first])
    out[REDUCE] = depth > 0 and (n == 0 or not (depth == 1 and state.preset[first] == -1))
    out[LEFT] = depth > 0 and n > 0 and not starts
    out[RIGHT] = out[LEFT]
    out[BREAK] = n >= 2 and second == first + 1 and not state.starts[second] and state.preset[second] != -1
    out[5] = out[LEFT] and stack_token(0, state) == first - 1


@jit
def apply_action(move: Any, label: Any, end: Any, state: Any) -> None:
    """Take a valid action."""
    at, stack = state.at, state.stack
    first, top = buffer_token(0, end, state), stack_token(0, state)
    if move in (SHIFT, RIGHT):
        if move == RIGHT:
            _attach(top, first, label, state)
        if at[N_BACK] > 0:
            at[N_BACK] -= 1
        else:
            at[NEXT] += 1
        stack[at[DEPTH]] = first
        at[DEPTH] += 1
    elif move == REDUCE:
        at[DEPTH] -= 1
        if at[DEPTH] > 0 and state.heads[top] < 0:
            state.unshiftable[top] = True
            state.back[at[N_BACK]] = top
            at[N_BACK] += 1
    elif move == LEFT:
        _attach(first, top, label, state)
        state.unshiftable[first] = False
        at[DEPTH] -= 1
    else:
        state.starts[buffer_token(1, end, state)] = True


@jit
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


@jit
def _detach(child: Any, head: Any, last: Ints, older: Ints) -> None:
    if last[head] == child:
        last[head] = older[child]
        return
    at = last[head]
    while older[at] != child:
        at = older[at]
    older[at] = older[child]
