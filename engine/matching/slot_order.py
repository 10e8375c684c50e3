# SPDX-License-Identifier: Apache-2.0
"""The order in which the ecosystem lists keys that share a phrase: that of the slots of a hash table they
would lie in."""

from __future__ import annotations

from collections.abc import Iterable

FIRST_SLOTS = 8
MOST_FILLED = (3, 5)
"""Share of slots in use at which the table doubles."""


def in_slot_order(keys: Iterable[int]) -> list[int]:
    """Distinct keys, added in the given order, as a table of open addressing with linear probing holds
    them."""
    slots: list[int | None] = [None] * FIRST_SLOTS
    for n, key in enumerate(dict.fromkeys(keys), start=1):
        slots = _put(slots, key)
        if n >= len(slots) * MOST_FILLED[0] // MOST_FILLED[1]:
            slots = _placed([k for k in slots if k is not None], 2 * len(slots))
    return [key for key in slots if key is not None]


def _placed(keys: list[int], size: int) -> list[int | None]:
    slots: list[int | None] = [None] * size
    for key in keys:
        slots = _put(slots, key)
    return slots


def _put(slots: list[int | None], key: int) -> list[int | None]:
    at = key % len(slots)
    while slots[at] is not None:
        at = (at + 1) % len(slots)
    slots[at] = key
    return slots
