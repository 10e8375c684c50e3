# SPDX-License-Identifier: Apache-2.0
"""The actions of dependency parsing: shift, reduce, left arc, right arc and break, in the order of the
model's classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..doc.projectivity import DELIMITER
from ..doc.tree import ROOT
from ..errors import EngineError

Array = npt.NDArray[Any]

SHIFT, REDUCE, LEFT, RIGHT, BREAK = range(5)
"""Kinds of action by number."""

PARSER_LETTERS = "SDLRB"
DEP, SUBTOK = "dep", "subtok"
"""Label of arcs whose own label is too rare to be an action; of arcs inside one word."""


@dataclass(frozen=True)
class ParserActions:
    """Classes of a model: kinds of action, and the label of each (empty where it makes no arc)."""

    moves: tuple[int, ...]
    names: tuple[str, ...]

    @property
    def n_actions(self) -> int:
        """Number of classes."""
        return len(self.moves)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label that a token of a finished tree can have, and the decorated ones: position is label
        id."""
        plain = [part for name in self.names for part in (name, *name.split(DELIMITER, 1)) if part]
        return tuple(dict.fromkeys([*plain, ROOT, DEP]))

    @cached_property
    def move_ids(self) -> Array:
        """Kind of each class. Shape: `(n_actions,)`, int8."""
        return np.array(self.moves, dtype=np.int8)

    @cached_property
    def label_ids(self) -> Array:
        """Position in `labels` of each class, -1 for the empty label. Shape: `(n_actions,)`, int32."""
        ids = {label: i for i, label in enumerate(self.labels)}
        return np.array([ids.get(name, -1) for name in self.names], dtype=np.int32)

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

    def to_json(self) -> list[list[Any]]:
        """`[[letter, label], ...]` in class order."""
        return [[PARSER_LETTERS[move], name] for move, name in zip(self.moves, self.names, strict=True)]

    @classmethod
    def from_json(cls, pairs: Sequence[Sequence[str]]) -> ParserActions:
        """What `to_json` wrote. Raises: EngineError where a letter is unknown."""
        unknown = [letter for letter, _ in pairs if letter not in PARSER_LETTERS]
        if unknown:
            raise EngineError(
                f"expected parser actions S, D, L, R or B, got {unknown[0]!r}; the labels file belongs to "
                "another component"
            )
        return cls(
            tuple(PARSER_LETTERS.index(letter) for letter, _ in pairs), tuple(name for _, name in pairs)
        )


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
    more = [SUBTOK] if learn_tokens else []
    fixed = {SHIFT: [""], REDUCE: [""], LEFT: [DEP, *more], RIGHT: [DEP, *more], BREAK: [ROOT]}
    moves: list[int] = []
    names: list[str] = []
    for move in (SHIFT, REDUCE, LEFT, RIGHT, BREAK):
        kept = {label: count for label, count in counts.get(move, {}).items() if count >= min_freq}
        labels = {**dict.fromkeys(fixed[move], 0), **kept}
        ordered = sorted(labels.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)
        moves += [move] * len(ordered)
        names += [label for label, _ in ordered]
    return ParserActions(tuple(moves), tuple(names))
