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
class Memory:
    """Ids with the place (`partition:offset`) of the record that first brought them, and of the one that
    superseded them.

    Because places are remembered, a record that is read again gets the same answer as before: a repeat after
    a crash repeats, and changes nothing. The mappings may be tables of a stream processor.
    """

    first: MutableMapping[str, str] = field(default_factory=dict)
    superseded: MutableMapping[str, str] = field(default_factory=dict)
    max_ids: int = MAX_IDS


def decide(correction: Correction, source: Source, memory: Memory) -> Decision:
    """Whether the correction passes, and remember it.

    >>> memory, one = Memory(), Correction("c-1", "ada", "", "m-1", "Hi", {})
    >>> [decide(one, Source("corrections", 0, offset), memory).value for offset in (5, 6, 5)]
    ['valid', 'duplicate', 'valid']
    """
    place = f"{source.partition}:{source.offset}"
    first = memory.first.get(correction.correction_id)
    if first is not None and first != place:
        return Decision.duplicate
    if first is None:
        _remember(memory.first, correction.correction_id, place, memory.max_ids)
    if correction.supersedes and correction.supersedes not in memory.superseded:
        _remember(memory.superseded, correction.supersedes, place, memory.max_ids)
    by = memory.superseded.get(correction.correction_id)
    return Decision.valid if by is None or _is_later(by, source) else Decision.superseded


def _remember(store: MutableMapping[str, str], key: str, place: str, max_ids: int) -> None:
    store[key] = place
    while len(store) > max_ids:
        del store[next(iter(store))]


def _is_later(place: str, source: Source) -> bool:
    """Whether a place is behind this record in its own partition; other partitions have no order."""
    partition, _, offset = place.partition(":")
    return int(partition) == source.partition and int(offset) >= source.offset
