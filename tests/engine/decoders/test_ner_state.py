# SPDX-License-Identifier: Apache-2.0
"""Which actions a state of entity recognition allows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.decoders import ner_actions_from_counts
from engine.decoders.ner_actions import BEGIN, IN, LAST, NO_LABEL, OUT, UNIT
from engine.decoders.ner_state import CLOSED, Here, is_valid, valid_without_presets

ACTIONS = ner_actions_from_counts({move: {"LOC": 0, "PER": 0} for move in (BEGIN, IN, LAST, UNIT)})
PLAIN = Here(is_space=False, has_next=True, next_starts=False)
LOC, PER = (ACTIONS.labels.index(label) for label in ("LOC", "PER"))


@pytest.mark.parametrize(
    ("move", "label", "open_label", "here", "valid"),
    [
        (BEGIN, LOC, CLOSED, PLAIN, True),
        (BEGIN, LOC, LOC, PLAIN, False),
        (BEGIN, LOC, CLOSED, Here(False, False, False), False),
        (BEGIN, LOC, CLOSED, Here(False, True, True), False),
        (BEGIN, LOC, CLOSED, Here(True, True, False), False),
        (BEGIN, LOC, CLOSED, Here(False, True, True, 3, LOC, 1), True),
        (BEGIN, PER, CLOSED, Here(False, True, False, 3, LOC, 1), False),
        (BEGIN, LOC, CLOSED, Here(False, True, False, next_preset=3), False),
        (IN, LOC, LOC, PLAIN, True),
        (IN, PER, LOC, PLAIN, False),
        (IN, LOC, LOC, Here(False, True, True), False),
        (IN, LOC, LOC, Here(True, True, False), True),
        (IN, LOC, LOC, Here(False, True, False, 1, LOC, 1), True),
        (IN, LOC, LOC, Here(False, True, False, 1, LOC, 2), False),
        (IN, LOC, CLOSED, PLAIN, False),
        (LAST, LOC, LOC, Here(True, False, False), True),
        (LAST, LOC, LOC, Here(False, True, False, next_preset=1), False),
        (LAST, PER, LOC, PLAIN, False),
        (UNIT, LOC, CLOSED, PLAIN, True),
        (UNIT, LOC, CLOSED, Here(True, True, False), False),
        (UNIT, NO_LABEL, CLOSED, PLAIN, False),
        (UNIT, NO_LABEL, LOC, Here(False, True, False, 3, NO_LABEL), True),
        (UNIT, LOC, CLOSED, Here(False, True, False, 3, LOC), True),
        (UNIT, LOC, CLOSED, Here(False, True, False, next_preset=1), False),
        (OUT, NO_LABEL, CLOSED, PLAIN, True),
        (OUT, NO_LABEL, LOC, PLAIN, False),
        (OUT, NO_LABEL, CLOSED, Here(False, True, False, 3, LOC), False),
        (OUT, NO_LABEL, CLOSED, Here(False, True, False, 2), True),
    ],
)
def test_validity_follows_the_rules(move: int, label: int, open_label: int, here: Here, valid: bool) -> None:
    """Each rule of the transition system, one case each."""
    assert is_valid(move, label, open_label, here) is valid


def test_validity_of_many_states_is_that_of_each() -> None:
    """Without presets the rules for arrays agree with those for one state."""
    for is_space, has_next, starts, open_label in itertools.product(
        (False, True), (False, True), (False, True), (CLOSED, LOC, PER)
    ):
        goes_on = np.array([has_next and not starts])
        many = valid_without_presets(ACTIONS, np.array([open_label]), np.array([is_space]), goes_on)[0]
        here = Here(is_space, has_next, has_next and starts)
        pairs = zip(ACTIONS.moves, ACTIONS.label_ids.tolist(), strict=True)
        assert many.tolist() == [is_valid(move, label, open_label, here) for move, label in pairs]
