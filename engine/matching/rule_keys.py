# SPDX-License-Identifier: Apache-2.0
"""Names of rules, the numbers that stand for them, and the order in which those are listed."""

from __future__ import annotations

from collections.abc import Iterable

from ..vocab.strings import string_id
from .errors import PatternError, UnknownRuleError

FIRST_SLOTS = 8
MOST_FILLED = (3, 5)
"""Share of slots in use at which the table doubles."""


class RuleKeys:
    """Texts by their string id, for the rules of one matcher."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def add(self, key: str | int) -> int:
        """Id of a key, which is remembered; a number stands for itself."""
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise PatternError(f"expected a text or a number as the key of a rule, got {key!r}")
        number = key if isinstance(key, int) else string_id(key)
        self._texts.setdefault(number, key if isinstance(key, str) else str(key))
        return number

    def id_of(self, key: str | int) -> int:
        """Id of a key that may be unknown."""
        return key if isinstance(key, int) else string_id(key)

    def text(self, number: int) -> str:
        """Text of an id. Raises: PatternError where no rule has it."""
        if number not in self._texts:
            raise PatternError(
                f"expected the id of a rule, got {number}; there are: "
                f"{', '.join(self._texts.values()) or 'none'}"
            )
        return self._texts[number]

    def unknown(self, key: str | int, existing: list[int]) -> UnknownRuleError:
        """The error of a look-up that failed."""
        known = ", ".join(repr(self._texts[number]) for number in existing) or "none"
        return UnknownRuleError(f"expected the key of a rule, got {key!r}; there are: {known}")


def in_slot_order(keys: Iterable[int]) -> list[int]:
    """Distinct keys in the order in which spaCy lists those that share a phrase: that of the slots of a hash
    table with open addressing and linear probing, to which they are added in the given order."""
    slots: list[int | None] = [None] * FIRST_SLOTS
    for n, key in enumerate(dict.fromkeys(keys), start=1):
        slots = _place(slots, key)
        if n >= len(slots) * MOST_FILLED[0] // MOST_FILLED[1]:
            slots = _place_all([k for k in slots if k is not None], 2 * len(slots))
    return [key for key in slots if key is not None]


def _place_all(keys: list[int], size: int) -> list[int | None]:
    slots: list[int | None] = [None] * size
    for key in keys:
        slots = _place(slots, key)
    return slots


def _place(slots: list[int | None], key: int) -> list[int | None]:
    at = key % len(slots)
    while slots[at] is not None:
        at = (at + 1) % len(slots)
    slots[at] = key
    return slots
