# SPDX-License-Identifier: Apache-2.0
"""What a recogniser learns from: gold actions, and what gold wants of states that left its way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoders import decode_entities, ner_actions_from_counts
from engine.decoders.ner_actions import BEGIN, IN, LAST, UNIT
from engine.doc.biluo import biluo
from engine.kernels.ner import gold_actions, gold_states, mix_paths

ACTIONS = ner_actions_from_counts({move: {"LOC": 0, "PER": 0} for move in (BEGIN, IN, LAST, UNIT)})
LOC, PER = (ACTIONS.labels.index(label) for label in ("LOC", "PER"))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(["LOC", "PER"])), max_size=6))
def test_gold_actions_are_valid_and_decode_to_the_gold_entities(parts: list[tuple[int, int, str]]) -> None:
    """Following gold never leaves the valid actions, and scores that prefer gold give the gold entities
    back."""
    values, spans = [], []
    for gap, length, label in parts:
        values += ["O"] * gap
        spans.append((len(values), len(values) + length, ACTIONS.labels.index(label)))
        values += biluo(length, label)
    offsets, is_space = np.array([0, len(values)]), np.zeros(len(values), dtype=bool)
    states = gold_states(ACTIONS, gold_actions(ACTIONS, values), offsets, is_space, None, 3)
    assert (states.wanted.sum(axis=1) == 1).all()
    assert states.valid[states.wanted].all()
    wanted = {
        tuple(row): action.astype(float)
        for row, action in zip(states.features.tolist(), states.wanted, strict=True)
    }
    assert decode_entities(ACTIONS, lambda row: wanted[tuple(row.tolist())], offsets, is_space, None, 3) == [
        spans
    ]


def test_gold_that_crosses_a_sentence_start_is_not_learned() -> None:
    """An entity over a known sentence border has no gold action where it would have to cross."""
    gold = gold_actions(ACTIONS, ["B-LOC", "L-LOC"])
    states = gold_states(
        ACTIONS, gold, np.array([0, 2]), np.zeros(2, dtype=bool), np.array([1, 1], dtype=np.int8), 3
    )
    assert states.wanted.any(axis=1).tolist() == [False, True]


def test_unknown_tokens_want_nothing() -> None:
    """Where gold says nothing there is nothing to learn."""
    states = gold_states(
        ACTIONS,
        gold_actions(ACTIONS, ["-", "O", "U-ORG"]),
        np.array([0, 3]),
        np.zeros(3, dtype=bool),
        None,
        3,
    )
    assert states.wanted.any(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, 4, PER), ["B-LOC", "I-PER L-PER", "L-PER", "I-PER L-PER", "O"]),
        ((0, 2, LOC), ["B-LOC", "L-LOC", "O", "U-PER", "O"]),
        ((1, 2, LOC), ["B-LOC", "O", "O", "U-PER", "O"]),
    ],
)
def test_after_a_mistake_what_can_still_be_had_is_wanted(
    span: tuple[int, int, int], expected: list[str]
) -> None:
    """A wrong entity is to end before the next gold one begins; a missed one is passed over."""
    gold = gold_actions(ACTIONS, ["B-LOC", "L-LOC", "O", "U-PER", "O"])
    spans = (np.array([0, 1]), *(np.array([value]) for value in span))
    offsets, is_space = np.array([0, 5]), np.zeros(5, dtype=bool)
    states = gold_states(
        ACTIONS, gold, offsets, is_space, None, 3, mix_paths(gold.paths, spans, offsets, np.array([True]))
    )
    names = list(ACTIONS.by_biluo)
    order = [" ".join(sorted(name for name in names if row[ACTIONS.by_biluo[name]])) for row in states.wanted]
    assert order == expected
