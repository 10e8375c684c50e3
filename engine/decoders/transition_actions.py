# SPDX-License-Identifier: Apache-2.0
"""The classes of a transition model: what the actions of parser and entity recogniser have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .class_order import class_order, table_of

Array = npt.NDArray[Any]

NO_LABEL = -1
"""Label id of an action without a label."""


@dataclass(frozen=True)
class TransitionActions:
    """Classes of a model: kinds of action, and the label of each, empty where it has none.

    A system says its `letters`, one for each kind by number; the letters that are `saved`, which leaves out
    kinds that are never a class; and what its actions are called where others came.
    """

    letters: ClassVar[str]
    saved: ClassVar[str]
    called: ClassVar[str]

    moves: tuple[int, ...]
    names: tuple[str, ...]

    @property
    def n_actions(self) -> int:
        """Number of classes."""
        return len(self.moves)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every label, in order of first appearance; position is label id."""
        return tuple(dict.fromkeys(name for name in self.names if name))

    @property
    def class_names(self) -> list[str]:
        """Letter and label of each class, the letter alone where it has none."""
        pairs = zip(self.moves, self.names, strict=True)
        return [f"{self.letters[move]}-{name}" if name else self.letters[move] for move, name in pairs]

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

    def to_json(self) -> list[list[Any]]:
        """`[[letter, label], ...]` in class order."""
        return [[self.letters[move], name] for move, name in zip(self.moves, self.names, strict=True)]

    @classmethod
    def from_json(cls, pairs: Sequence[Sequence[str]]) -> Self:
        """What `to_json` wrote. Raises: EngineError where it is something else, or a letter is unknown."""
        if not isinstance(pairs, list | tuple) or not all(
            isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
            for pair in pairs
        ):
            raise EngineError(
                f"expected {cls.called} with their labels, a list of pairs of texts, got {str(pairs)[:80]}"
            )
        unknown = [letter for letter, _ in pairs if letter not in cls.saved]
        if unknown:
            raise EngineError(
                f"expected {cls.called}, got {unknown[0]!r}; the labels file belongs to another component"
            )
        return cls(tuple(cls.letters.index(letter) for letter, _ in pairs), tuple(name for _, name in pairs))

    @classmethod
    def from_table(cls, table: Mapping[Any, Any]) -> Self:
        """Classes of a table `{kind: {label: frequency}}`, as spaCy's files of labels have it.

        Raises: EngineError where it is none.
        """
        try:
            counts = {
                int(kind): {str(name): int(count) for name, count in names.items()}
                for kind, names in table.items()
            }
        except (ValueError, TypeError, AttributeError):
            counts = {-1: {}}
        known = [cls.letters.index(letter) for letter in cls.saved]
        if not set(counts) <= set(range(len(cls.letters))):
            raise EngineError(
                f"expected {cls.called} by number, each with the frequency of its labels, got "
                f"{str(dict(table))[:80]}"
            )
        classes = class_order({kind: names for kind, names in counts.items() if kind in known})
        return cls(tuple(kind for kind, _ in classes), tuple(name for _, name in classes))

    def to_table(self, counts: Mapping[int, Mapping[str, int]] | None = None) -> dict[str, dict[str, int]]:
        """What `from_table` reads; with the frequencies that were counted, where they are known."""
        return table_of(list(zip(self.moves, self.names, strict=True)), len(self.letters), counts)

    @classmethod
    def by_frequency(cls, labels: Mapping[int, Mapping[str, int]]) -> Self:
        """Classes by kind in the order given, then by frequency and label, both descending."""
        classes = [
            (move, name)
            for move, counts in labels.items()
            for name, _ in sorted(counts.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)
        ]
        return cls(tuple(move for move, _ in classes), tuple(name for _, name in classes))
