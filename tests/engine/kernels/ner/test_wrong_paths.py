# SPDX-License-Identifier: Apache-2.0
"""The ways to entities that are known to be wrong, and the gradient that closes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoders import NerActions, ner_actions_from_counts
from engine.decoders.ner_actions import BEGIN, IN, LAST, UNIT
from engine.kernels.ner import WrongPaths, wrong_paths

ACTIONS = ner_actions_from_counts({move: {"LOC": 0, "PER": 0} for move in (BEGIN, IN, LAST, UNIT)})


def paths(
    *spans: tuple[int, int, str], n_tokens: int = 6, may_go_on: Any = None, actions: NerActions = ACTIONS
) -> WrongPaths | None:
    """The ways to spans of one document."""
    goes_on = np.arange(n_tokens) < n_tokens - 1 if may_go_on is None else np.array(may_go_on)
    return wrong_paths(actions, spans, np.zeros(n_tokens, dtype=bool), goes_on, 3)


def names(found: WrongPaths) -> list[str]:
    """Actions as people write them."""
    pairs = ACTIONS.to_json()
    return ["-".join(pairs[action]) for action in found.actions.tolist()]


def softmax(scores: Any, valid: Any) -> Any:
    """Over the valid actions."""
    shares = np.where(valid, np.exp(scores), 0.0)
    return shares / shares.sum(axis=1, keepdims=True)


def test_a_way_begins_goes_on_and_ends() -> None:
    """One state for each token, in the entity that would be open there."""
    found = paths((1, 4, "LOC"), (5, 6, "PER"))
    assert found is not None
    assert names(found) == ["B-LOC", "I-LOC", "L-LOC", "U-PER"]
    assert found.features.tolist() == [[1, -1, -1], [2, 1, 1], [3, 1, 2], [5, -1, -1]]
    assert found.firsts.tolist() == [0, 3]
    assert found.valid[np.arange(4), found.actions].all()


def test_ways_that_nobody_could_take_are_left_out() -> None:
    """Across a sentence start, behind which none goes on; of a type or an action that the model lacks."""
    assert paths((1, 3, "LOC"), may_go_on=[True, False, True, True, True, False]) is None
    assert paths((1, 3, "EVENT")) is None
    assert paths((0, 2, "LOC"), actions=NerActions((UNIT, UNIT), ("LOC", "PER"))) is None
    found = paths((1, 3, "EVENT"), (0, 1, "LOC"))
    assert found is not None
    assert names(found) == ["U-LOC"]


@given(st.integers(0, 50), st.floats(0.1, 4.0))
def test_the_gradient_is_the_slope_of_the_loss(seed: int, scale: float) -> None:
    """Minus the logarithm of the probability that the way is not taken, for several ways at once."""
    found = paths((1, 4, "LOC"), (1, 4, "PER"), (5, 6, "PER"))
    assert found is not None
    random = np.random.default_rng(seed)
    scores = random.normal(0, scale, found.valid.shape)

    def loss(scores: Any) -> float:
        taken = softmax(scores, found.valid)[np.arange(len(scores)), found.actions]
        ways = [part.prod() for part in np.split(taken, found.firsts[1:])]
        return float(-sum(np.log1p(-np.array(ways))))

    direction = random.normal(size=scores.shape)
    slope = (loss(scores + 1e-5 * direction) - loss(scores - 1e-5 * direction)) / 2e-5
    gradient = found.gradient(softmax(scores, found.valid))
    assert float((gradient * direction).sum()) == pytest.approx(slope, rel=1e-3, abs=1e-6)


def test_a_way_that_is_certain_is_still_left() -> None:
    """The push is never larger than one, and never none."""
    found = paths((5, 6, "PER"))
    assert found is not None
    scores = np.where(np.arange(ACTIONS.n_actions) == found.actions[0], 60.0, 0.0)[None].astype("float32")
    gradient = found.gradient(softmax(scores, found.valid).astype("float32"))
    assert np.isfinite(gradient).all()
    assert abs(gradient).max() <= 1.0


def test_states_of_tokens_know_where_a_way_leads() -> None:
    """Closed before the first token; inside only where the open entity is that of the way."""
    found = paths((1, 3, "LOC"))
    assert found is not None
    loc, closed = ACTIONS.labels.index("LOC"), -2
    here = found.leads_there(np.array([0, 1, 1, 0, 0, 0]), np.array([closed, closed, loc, 0, 0, 0]), 20)
    assert [np.flatnonzero(row).tolist() for row in here[:3]] == [[], [found.actions[0]], [found.actions[1]]]
    other = found.leads_there(np.array([0, 0, 0, 0, 0, 0]), np.array([closed, loc, loc, 0, 0, 0]), 20)
    assert not other[1:3].any()
