# SPDX-License-Identifier: Apache-2.0
"""Which corrections pass: each id once, and none that a later revision has taken the place of."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum

from schemas import Correction, Source

MAX_IDS = 1_000_000
"""Ids that are remembered; a correction that is repeated after so many others passes again, and its learner
has to know it."""


class Decision(StrEnum):
    """What becomes of a correction."""

    valid = "valid"
    duplicate = "duplicate"
    superseded = "superseded"


@dataclass(slots=True)
class SeenIds:
    """Ids with the place (`partition:offset`) of the record that first brought them, and of the one that
    superseded them.

    Because places are remembered, a record that is read again gets the same answer as before: a repeat after
    a crash repeats, and changes nothing. Who keeps its own positions, and so reads no record again, asks
    whether an id is in here, and may restore ids without places. The mappings may be tables of a stream
    processor.
    """

    first: MutableMapping[str, str] = field(default_factory=dict)
    superseded: MutableMapping[str, str] = field(default_factory=dict)
    max_ids: int = MAX_IDS

    def __contains__(self, correction_id: str) -> bool:
        """Whether any record brought this id."""
        return correction_id in self.first

    def add(self, correction_id: str, source: Source) -> bool:
        """Remember an id; whether no other record brought it before.

        >>> seen = SeenIds()
        >>> [seen.add("c-1", Source("corrections", 0, offset)) for offset in (5, 6, 5)]
        [True, False, True]
        """
        place = _place(source)
        first = self.first.get(correction_id)
        if first is None:
            self._remember(self.first, correction_id, place)
        return first is None or first == place

    def decide(self, correction: Correction, source: Source) -> Decision:
        """Whether the correction passes; remember it, and what it supersedes.

        >>> seen, one = SeenIds(), Correction("c-1", "ada", "", "m-1", "Hi", {})
        >>> [seen.decide(one, Source("corrections", 0, offset)).value for offset in (5, 6, 5)]
        ['valid', 'duplicate', 'valid']
        """
        if not self.add(correction.correction_id, source):
            return Decision.duplicate
        if correction.supersedes and correction.supersedes not in self.superseded:
            self._remember(self.superseded, correction.supersedes, _place(source))
        by = self.superseded.get(correction.correction_id)
        return Decision.valid if by is None or _is_later(by, source) else Decision.superseded

    def _remember(self, store: MutableMapping[str, str], key: str, place: str) -> None:
        store[key] = place
        while len(store) > self.max_ids:
            del store[next(iter(store))]


def _place(source: Source) -> str:
    return f"{source.partition}:{source.offset}"


def _is_later(place: str, source: Source) -> bool:
    """Whether a place is behind this record in its own partition; other partitions have no order."""
    partition, _, offset = place.partition(":")
    return int(partition) == source.partition and int(offset) >= source.offset
