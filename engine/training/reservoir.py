# SPDX-License-Identifier: Apache-2.0
"""Examples to be rehearsed: a fair sample of all that went by, in bounded memory, and a share of what came
before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import numpy as np

from ..errors import EngineError

Item = TypeVar("Item")


class Reservoir(Generic[Item]):
    """At most `capacity` items by key, in two strata: the base, and the stream.

    The base may fill every slot at first; the stream takes them over until the base is down to `base_share`
    of the capacity, which it keeps, so that what the first model knew is rehearsed for ever. Within the
    stream's slots every item that went by has the same chance to be there.
    Source: J. S. Vitter, Random Sampling with a Reservoir, 1985 (algorithm R), for each stratum.
    """

    def __init__(self, capacity: int, base_share: float = 0.2, seed: int = 0) -> None:
        if capacity < 1 or not 0.0 <= base_share < 1.0:
            raise EngineError(
                f"expected a capacity of 1 or more and a base_share from 0 to below 1, got {capacity} and "
                f"{base_share}"
            )
        self.capacity = capacity
        self.base_slots = math.ceil(capacity * base_share)
        self.base: dict[str, Item] = {}
        self.stream: dict[str, Item] = {}
        self.seen_base = 0
        self.seen = 0
        self._rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        """Number of items."""
        return len(self.base) + len(self.stream)

    def add_base(self, key: str, item: Item) -> None:
        """Offer an item of the base; all of them come before the stream."""
        self.seen_base += 1
        _offer(self.base, key, item, self.capacity - len(self.stream), self.seen_base, self._rng)

    def add(self, key: str, item: Item, supersedes: str | None = None) -> None:
        """Offer an item of the stream; one that it supersedes, or that has its key, gives it its slot."""
        for old in (supersedes, key):
            if old is not None and self._replace(old, key, item):
                return
        self.seen += 1
        slots = self.capacity - self.base_slots
        if len(self.stream) < slots and len(self) >= self.capacity:
            self.base.pop(list(self.base)[int(self._rng.integers(len(self.base)))])
        _offer(self.stream, key, item, slots, self.seen, self._rng)

    def drop(self, key: str) -> None:
        """Forget an item, if it is there."""
        self.stream.pop(key, None)
        self.base.pop(key, None)

    def sample(self, n: int) -> list[Item]:
        """`n` different items drawn at random, or all where there are fewer."""
        items = [*self.base.values(), *self.stream.values()]
        n = min(n, len(items))
        return [items[i] for i in self._rng.choice(len(items), n, replace=False).tolist()] if n else []

    def state(self, write: Callable[[Item], str]) -> dict[str, Any]:
        """All of it as JSON values; `write` says how an item is kept."""
        strata = {"base": self.base, "stream": self.stream}
        written = {
            name: [[key, write(item)] for key, item in items.items()] for name, items in strata.items()
        }
        return {
            **written,
            "seen": self.seen,
            "seen_base": self.seen_base,
            "rng": self._rng.bit_generator.state,
        }

    def load_state(self, state: Mapping[str, Any], read: Callable[[str, str], Item]) -> None:
        """Take over what `state` gave; `read` makes an item of its key and of what `write` gave."""
        self.base = {key: read(key, item) for key, item in state["base"]}
        self.stream = {key: read(key, item) for key, item in state["stream"]}
        self.seen, self.seen_base = state["seen"], state["seen_base"]
        self._rng.bit_generator.state = state["rng"]

    def _replace(self, old: str, key: str, item: Item) -> bool:
        for items in (self.stream, self.base):
            if old in items:
                renamed = {
                    key if k == old else k: item if k == old else i
                    for k, i in items.items()
                    if k != key or k == old
                }
                items.clear()
                items.update(renamed)
                return True
        return False


def _offer(
    items: dict[str, Item], key: str, item: Item, slots: int, seen: int, rng: np.random.Generator
) -> None:
    if len(items) < slots:
        items[key] = item
        return
    place = int(rng.integers(seen))
    if place < slots and items:
        items.pop(list(items)[place % len(items)])
        items[key] = item
