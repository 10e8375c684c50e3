# SPDX-License-Identifier: Apache-2.0
"""The actions of entity recognition: begin, in, last, unit and out, in the order of the model's classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError

Array = npt.NDArray[Any]

MISSING, BEGIN, IN, LAST, UNIT, OUT = range(6)
"""Kinds of action by number; `MISSING` is never a class."""

NER_LETTERS = "MBILUO"
NO_LABEL = -1
"""Label id of `OUT`, and of the unit action that passes over a blocked token."""


@dataclass(frozen=True)
class NerActions:
    """Classes of a model: kinds of action, and the label of each (empty for `OUT` and for blocked tokens)."""

    moves: tuple[int, ...]
    names: tuple[str, ...]

    @property
    def n_actions(self) -> int:
        """Number of classes."""
        return len(self.moves)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Entity types in order of first appearance."""
        return tuple(dict.fromkeys(name for name in self.names if name))

    @cached_property
    def move_ids(self) -> Array:
        """Kind of each class. Shape: `(n_actions,)`, int8."""
        return np.array(self.moves, dtype=np.int8)

    @cached_property
    def label_ids(self) -> Array:
        """Position in `labels` of each class, `NO_LABEL` for the empty label. Shape: `(n_actions,)`,
        int32."""
        ids = {label: i for i, label in enumerate(self.labels)}
        return np.array([ids.get(name, NO_LABEL) for name in self.names], dtype=np.int32)

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

    def to_json(self) -> list[list[Any]]:
        """`[[letter, label], ...]` in class order."""
        return [[NER_LETTERS[move], name] for move, name in zip(self.moves, self.names, strict=True)]

    @classmethod
    def from_json(cls, pairs: Sequence[Sequence[str]]) -> NerActions:
        """What `to_json` wrote. Raises: EngineError where a letter is unknown."""
        unknown = [letter for letter, _ in pairs if letter not in "BILUO"]
        if unknown:
            raise EngineError(
                f"expected entity actions B, I, L, U or O, got {unknown[0]!r}; the labels file belongs to "
                "another component"
            )
        return cls(tuple(NER_LETTERS.index(letter) for letter, _ in pairs), tuple(name for _, name in pairs))


def ner_actions_from_counts(counts: Mapping[int, Mapping[str, int]]) -> NerActions:
    """Classes in spaCy's order, which its trained weights have: by kind, then by frequency and label, both
    descending.

    A unit action without label and `OUT` are always there.
    Source: `BiluoPushDown.get_actions` (`spacy/pipeline/_parser_internals/ner.pyx`) and
    `TransitionSystem.initialize_actions` in spaCy 3.
    """
    moves: list[int] = []
    names: list[str] = []
    fixed = {UNIT: {"": 1}, OUT: {"": 1}}
    for move in (BEGIN, IN, LAST, UNIT, OUT):
        labels = {**counts.get(move, {}), **fixed.get(move, {})}
        ordered = sorted(labels.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)
        moves += [move] * len(ordered)
        names += [label for label, _ in ordered]
    return NerActions(tuple(moves), tuple(names))
