# SPDX-License-Identifier: Apache-2.0
"""The actions of dependency parsing: shift, reduce, left arc, right arc and break, in the order of the
model's classes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..doc.projectivity import DELIMITER
from ..doc.tree import ROOT
from .transition_actions import TransitionActions

Array = npt.NDArray[Any]

SHIFT, REDUCE, LEFT, RIGHT, BREAK = range(5)
"""Kinds of action by number."""

PARSER_LETTERS = "SDLRB"
DEP, SUBTOK = "dep", "subtok"
"""Label of arcs whose own label is too rare to be an action; of arcs inside one word."""


class ParserActions(TransitionActions):
    """Classes of a parser; an action that makes no arc has no label."""

    letters = saved = PARSER_LETTERS
    called = "parser actions S, D, L, R or B"

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label that a token of a finished tree can have, and the decorated ones: position is label
        id."""
        plain = [part for name in self.names for part in (name, *name.split(DELIMITER, 1)) if part]
        return tuple(dict.fromkeys([*plain, ROOT, DEP]))

    def with_fixed(self, *, learn_tokens: bool = False) -> ParserActions:
        """With those that are always there, at the end, where they are missing."""
        there = list(zip(self.moves, self.names, strict=True))
        fixed = [(move, name) for move, names in fixed_names(learn_tokens).items() for name in names]
        missing = [pair for pair in fixed if pair not in there]
        return ParserActions(
            (*self.moves, *(move for move, _ in missing)), (*self.names, *(name for _, name in missing))
        )

    @property
    def root_id(self) -> int:
        """Label id of tokens without head."""
        return self.labels.index(ROOT)

    @property
    def subtok_id(self) -> int:
        """Label id of arcs inside one word, -1 where there are none."""
        return self.labels.index(SUBTOK) if SUBTOK in self.labels else -1

    @cached_property
    def label_parts(self) -> tuple[Array, Array]:
        """For each label its own part and the label wanted of the head, as ids; -1 where a label is not
        decorated.

        Shape: `(n_labels,)` int32 each.
        """
        ids = {label: i for i, label in enumerate(self.labels)}
        pairs = [label.split(DELIMITER, 1) if DELIMITER in label else () for label in self.labels]
        own = np.array([ids[pair[0]] if pair else -1 for pair in pairs], dtype=np.int32)
        wanted = np.array([ids[pair[1]] if pair else -1 for pair in pairs], dtype=np.int32)
        return own, wanted


def parser_actions_from_counts(
    counts: Mapping[int, Mapping[str, int]], min_freq: int = 0, *, learn_tokens: bool = False
) -> ParserActions:
    """Classes in spaCy's order, which its trained weights have: by kind, then by frequency and label, both
    descending.

    Labels seen less than `min_freq` times with a kind of action are left out; a break, and arcs called `dep`,
    are always there.
    Source: `ArcEager.get_actions` (`spacy/pipeline/_parser_internals/arc_eager.pyx`) and
    `TransitionSystem.initialize_actions` in spaCy 3.
    """
    fixed = fixed_names(learn_tokens)
    seen = {
        move: {label: count for label, count in counts.get(move, {}).items() if count >= min_freq}
        for move in fixed
    }
    return ParserActions.by_frequency(
        {move: {**dict.fromkeys(names, 0), **seen[move]} for move, names in fixed.items()}
    )


def fixed_names(learn_tokens: bool) -> dict[int, list[str]]:
    """Labels that each kind of action has in any case."""
    more = [SUBTOK] if learn_tokens else []
    return {SHIFT: [""], REDUCE: [""], LEFT: [DEP, *more], RIGHT: [DEP, *more], BREAK: [ROOT]}
