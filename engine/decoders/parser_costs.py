# SPDX-License-Identifier: Apache-2.0
"""What gold loses by each action of a parser, one state at a time: the truth for `kernels.parser.oracle`,
where sources stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .parser_actions import BREAK, LEFT, REDUCE, RIGHT, SHIFT, ParserActions
from .parser_decoder import valid_actions
from .parser_state import MISSING, ParserState

Array = npt.NDArray[Any]

WRONG_BREAK = 2
N_MOVES = 5


class GoldTree:
    """Gold of one document: heads (a root's is itself, -1 unknown), label ids, and sentence starts (1, -1, 0
    unknown), by token positions."""

    def __init__(self, heads: Sequence[int], labels: Sequence[int], starts: Sequence[int]) -> None:
        self.heads, self.labels, self.starts = list(heads), list(labels), list(starts)
        self.children: list[list[int]] = [[] for _ in self.heads]
        for child, head in enumerate(self.heads):
            if head >= 0 and head != child:
                self.children[head].append(child)


def wanted_actions(state: ParserState, actions: ParserActions, gold: GoldTree) -> Array:
    """The valid actions by which gold loses least; a wrong label on a gold arc costs one. Shape:
    `(n_actions,)`, bool."""
    costs = move_costs(state, gold)
    first, top = state.B(0), state.S(0)
    both = first != MISSING and top != MISSING
    left = gold.labels[top] if both and gold.heads[top] == first else -1
    right = gold.labels[first] if both and gold.heads[first] == top else -1
    label_of = {LEFT: left, RIGHT: right}
    totals = np.array(
        [
            costs[move] + (label_of.get(move, -1) >= 0 and label != label_of[move])
            for move, label in zip(actions.moves, actions.label_ids.tolist(), strict=True)
        ]
    )
    valid = valid_actions(state, actions)
    wanted: Array = valid & (totals == totals[valid].min()) if valid.any() else valid
    return wanted


def move_costs(state: ParserState, gold: GoldTree) -> list[int]:
    """What each kind of action loses."""
    costs = [0] * N_MOVES
    first, second, top = state.B(0), state.B(1), state.S(0)
    opens, on_stack = 0, 0
    if first != MISSING:
        opens = int(gold.starts[first] == 1 and bool(state.stack))
        on_stack = _children_on_stack(first, state, gold, 0)
        costs[SHIFT] = on_stack + _is_on_stack(gold.heads[first], first, state) + opens
        costs[BREAK] = _break_cost(second, gold)
    if top == MISSING:
        return costs
    in_buffer = sum(_is_in_buffer(child, top, state) for child in gold.children[top])
    lost_head = gold.heads[top] != state.heads[top] and _is_in_buffer(gold.heads[top], top, state)
    costs[REDUCE] = in_buffer + lost_head
    if first != MISSING:
        costs[LEFT] = in_buffer + _left_cost(first, top, state, gold) + opens
        costs[RIGHT] = on_stack + _right_cost(first, top, state, gold) + opens
    return costs


def _break_cost(second: int, gold: GoldTree) -> int:
    if second == MISSING or gold.starts[second] == 1:
        return 0
    return WRONG_BREAK if gold.starts[second] == -1 else 1


def _left_cost(first: int, top: int, state: ParserState, gold: GoldTree) -> int:
    head, has_head = gold.heads[top], state.heads[top] != MISSING
    lost = 0 if has_head else _children_on_stack(top, state, gold, 1)
    if head in (first, MISSING):
        return lost
    if head == top:
        return lost + (not has_head)
    if state.heads[top] == head or _is_in_buffer(head, top, state):
        return lost + 1
    return lost + (not has_head and _is_on_stack(head, top, state))


def _right_cost(first: int, top: int, state: ParserState, gold: GoldTree) -> int:
    head = gold.heads[first]
    if head in (top, MISSING):
        return 0
    return int(head == first or _is_in_buffer(head, first, state) or _is_on_stack(head, first, state))


def _is_on_stack(head: int, token: int, state: ParserState) -> bool:
    return head not in (MISSING, token) and head in state.stack


def _is_in_buffer(head: int, token: int, state: ParserState) -> bool:
    if head in (MISSING, token):
        return False
    return head < state.n_tokens if head >= state.next else head in state.put_back


def _children_on_stack(token: int, state: ParserState, gold: GoldTree, skip: int) -> int:
    """Gold children of a token on the stack, below the first `skip`."""
    below = state.stack[: len(state.stack) - skip]
    children = (child for child in below if gold.heads[child] == token and child != token)
    return sum(state.heads[child] != token for child in children)
