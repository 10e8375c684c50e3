# SPDX-License-Identifier: Apache-2.0
"""The actions of entity recognition: begin, in, last, unit and out, in the order of the model's classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from .transition_actions import NO_LABEL as NO_LABEL
from .transition_actions import TransitionActions

MISSING, BEGIN, IN, LAST, UNIT, OUT = range(6)
"""Kinds of action by number; `MISSING` is never a class."""

NER_LETTERS = "MBILUO"


class NerActions(TransitionActions):
    """Classes of a recogniser; `OUT`, and the unit action that passes over a blocked token, have no label."""

    letters = NER_LETTERS
    saved = "BILUO"
    called = "entity actions B, I, L, U or O"

    @cached_property
    def by_biluo(self) -> Mapping[str, int]:
        """Class of a BILUO string: `B-PER`, `O`."""
        pairs = zip(self.moves, self.names, strict=True)
        return {
            f"{NER_LETTERS[move]}-{name}" if name else NER_LETTERS[move]: i
            for i, (move, name) in enumerate(pairs)
        }

    def with_labels(self, labels: Sequence[str]) -> NerActions:
        """With four more classes at the end for each type that is not there yet."""
        new = [label for label in dict.fromkeys(labels) if label and label not in self.labels]
        moves = [move for _ in new for move in (BEGIN, IN, LAST, UNIT)]
        return NerActions((*self.moves, *moves), (*self.names, *(label for label in new for _ in range(4))))


def ner_actions_from_counts(counts: Mapping[int, Mapping[str, int]]) -> NerActions:
    """Classes in spaCy's order, which its trained weights have: by kind, then by frequency and label, both
    descending.

    A unit action without label and `OUT` are always there.
    Source: `BiluoPushDown.get_actions` (`spacy/pipeline/_parser_internals/ner.pyx`) and
    `TransitionSystem.initialize_actions` in spaCy 3.
    """
    fixed = {UNIT: {"": 1}, OUT: {"": 1}}
    return NerActions.by_frequency(
        {move: {**counts.get(move, {}), **fixed.get(move, {})} for move in (BEGIN, IN, LAST, UNIT, OUT)}
    )
