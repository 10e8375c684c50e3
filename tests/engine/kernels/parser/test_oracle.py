# SPDX-License-Identifier: Apache-2.0
"""What the parser learns from: states on the way to gold, and what gold wants in each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decoders import ParserState
from engine.decoders.parser_decoder import valid_actions
from engine.kernels import TransitionWeights
from engine.kernels.parser import ParserStates, gold_arcs, walk

from ..transition_models import plain_scores
from .random_parser import ACTIONS, parser_weights

LABELS = [ACTIONS.labels.index(label) for label in ("obj", "nsubj", "det")]


def walked(
    heads: list[int], seed: int, *, explore: bool
) -> tuple[ParserStates, TransitionWeights, np.ndarray]:
    """The states of one document with this gold tree, under random weights."""
    weights = parser_weights(seed, 8, 2, True)
    vectors = np.random.default_rng(seed).standard_normal((len(heads), 24)).astype(np.float32)
    tokens = vectors @ weights.linear_W.T + weights.linear_b
    products = np.einsum("nh,foph->nfop", tokens, weights.lower_W).astype(np.float32)
    gold = gold_arcs(np.array(heads), gold_labels(heads), gold_starts(heads))
    offsets = np.array([0, len(heads)])
    return (
        walk(products, weights, offsets, gold, np.array([explore]), None, ACTIONS.subtok_id),
        weights,
        vectors,
    )


def gold_labels(heads: list[int]) -> np.ndarray:
    """A label for every token, by its position."""
    return np.array([LABELS[i % 3] for i in range(len(heads))])


def gold_starts(heads: list[int]) -> np.ndarray:
    """1 at the first token of every tree."""
    starts = np.full(len(heads), -1, dtype=np.int8)
    for tree in {root_of(i, heads) for i in range(len(heads))}:
        starts[min(i for i in range(len(heads)) if root_of(i, heads) == tree)] = 1
    return starts


def root_of(token: int, heads: list[int]) -> int:
    """The root above a token."""
    while heads[token] != token:
        token = heads[token]
    return token


@st.composite
def trees(draw) -> list[int]:
    """Heads of a few sentences without crossing arcs; a root's head is its own."""
    heads: list[int] = []
    for _ in range(draw(st.integers(1, 3))):
        heads += span_heads(draw, len(heads), len(heads) + draw(st.integers(1, 7)), None)
    return heads


def span_heads(draw, first: int, end: int, head: int | None) -> list[int]:
    """Heads of the tokens of a span whose top is attached to `head`, or is a root."""
    if first == end:
        return []
    top = draw(st.integers(first, end - 1))
    left, right = parts(draw, first, top, top), parts(draw, top + 1, end, top)
    return [*left, top if head is None else head, *right]


def parts(draw, first: int, end: int, head: int) -> list[int]:
    """Heads of tokens on one side of their head, as one or two subtrees."""
    cut = draw(st.integers(first, end))
    return [*span_heads(draw, first, cut, head), *span_heads(draw, cut, end, head)]


@settings(max_examples=150, deadline=None)
@given(trees(), st.integers(0, 50))
def test_what_is_wanted_leads_to_the_gold_tree(heads: list[int], seed: int) -> None:
    """Whichever wanted action the weights like best, in the end every arc is gold."""
    states, weights, vectors = walked(heads, seed, explore=False)
    score, state = plain_scores(weights, vectors), ParserState([0] * len(heads))
    for features, valid, wanted in zip(*states, strict=True):
        assert state.features(8) == features.tolist()
        assert valid_actions(state, ACTIONS).tolist() == valid.tolist()
        best = int(np.where(wanted, score(features), -np.inf).argmax())
        state.apply(ACTIONS.moves[best], int(ACTIONS.label_ids[best]))
    assert state.is_final
    assert [head if head >= 0 else i for i, head in enumerate(state.heads)] == heads
    assert all(label == LABELS[i % 3] for i, label in enumerate(state.labels) if label >= 0)


@pytest.mark.parametrize("seed", range(10))
def test_states_of_wrong_ways_are_those_of_the_plain_parser(seed: int) -> None:
    """Walking with the weights visits the states that the plain decoder visits, and something valid is wanted
    in each."""
    heads = [1, 1, 1, 4, 2, 6, 6, 6, 9, 6, 10, 10]
    states, weights, vectors = walked(heads, seed, explore=True)
    score, state = plain_scores(weights, vectors), ParserState([0] * len(heads))
    for features, valid, wanted in zip(*states, strict=True):
        assert state.features(8) == features.tolist()
        assert (wanted & valid).any()
        best = int(np.where(valid, score(features), -np.inf).argmax())
        state.apply(ACTIONS.moves[best], int(ACTIONS.label_ids[best]))
    assert state.is_final


def test_unknown_heads_want_nothing_in_particular() -> None:
    """Where gold says nothing every valid action is as good as another."""
    weights = parser_weights(0, 8, 2, True)
    products = np.zeros((4, 8, 32, 2), dtype=np.float32)
    unknown = gold_arcs(np.full(4, -1), np.full(4, -1), np.zeros(4, dtype=np.int8))
    states = walk(products, weights, np.array([0, 4]), unknown, np.array([True]))
    arcs = np.array([move in (2, 3) for move in ACTIONS.moves])
    assert (states.wanted == states.valid)[:, arcs].all()
