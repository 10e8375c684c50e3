# SPDX-License-Identifier: Apache-2.0
"""The classes of entity recognition: their order, and as JSON."""

from __future__ import annotations

from engine.decoders import NerActions, ner_actions_from_counts
from engine.decoders.ner_actions import BEGIN, IN, LAST, OUT, UNIT

ACTIONS = ner_actions_from_counts({move: {"LOC": 0, "PER": 0} for move in (BEGIN, IN, LAST, UNIT)})


def test_actions_are_ordered_by_kind_then_frequency_then_label_both_descending() -> None:
    """Class order is the one that trained files rely on; a unit action without label and `O` are always
    there."""
    actions = ner_actions_from_counts(
        {move: {"ORG": 5, "LOC": 9, "PER": 9} for move in (BEGIN, IN, LAST, UNIT)}
    )
    assert actions.names[:3] == ("PER", "LOC", "ORG")
    assert [(move, name) for move, name in zip(actions.moves, actions.names, strict=True)][-2:] == [
        (UNIT, ""),
        (OUT, ""),
    ]
    assert actions.n_actions == 14


def test_actions_survive_json_and_take_new_labels_at_the_end() -> None:
    """Classes of a trained model keep their places when labels are added."""
    more = NerActions.from_json(ACTIONS.to_json()).with_labels(["LOC", "ORG"])
    assert more.moves[: ACTIONS.n_actions] == ACTIONS.moves
    assert more.names[ACTIONS.n_actions :] == ("ORG",) * 4
