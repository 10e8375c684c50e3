# SPDX-License-Identifier: Apache-2.0
"""The classes of dependency parsing: their order."""

from __future__ import annotations

from engine.decoders import parser_actions_from_counts
from engine.decoders.parser_actions import BREAK, LEFT, REDUCE, RIGHT, SHIFT


def test_actions_are_ordered_by_kind_then_frequency_then_label_both_descending() -> None:
    """Class order is the one that trained files rely on; rare labels go, `dep` and a break stay."""
    counts = {
        SHIFT: {"": 90},
        REDUCE: {"": 80},
        LEFT: {"nsubj": 50, "det": 50, "odd": 3},
        RIGHT: {"obj": 40},
        BREAK: {"ROOT": 20},
    }
    actions = parser_actions_from_counts(counts, 30)
    assert actions.names == ("", "", "nsubj", "det", "dep", "obj", "dep", "ROOT")
    assert actions.moves == (SHIFT, REDUCE, LEFT, LEFT, LEFT, RIGHT, RIGHT, BREAK)
