# SPDX-License-Identifier: Apache-2.0
"""The batcher that adds rehearsed examples to every batch of new ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..config.factory_arguments import optional_arguments
from ..config.registry import registry
from .batchers import Batcher
from .keyed_example import key_of
from .reservoir import Reservoir


@registry.batchers("freshet.replay_mix.v1")
@optional_arguments("passes", "early", "early_passes")
def configure_rehearsal(
    batcher: Any,
    ratio: float = 1.0,
    capacity: int = 1000,
    base_share: float = 0.2,
    seed: int = 0,
    passes: int = 1,
    early: int = 0,
    early_passes: int = 1,
) -> Rehearsal:
    """Batches of another batcher, each with `ratio` times as many examples drawn from a reservoir of what
    went by before.

    `base_share`: share of the reservoir that examples of before the stream keep, if the caller puts some in.
    `passes`: so often each batch is given, every time with others to rehearse; `early_passes`: so often while
    the reservoir has met fewer than `early` new examples, when there is little to learn from and time for it.
    """
    return Rehearsal(batcher, ratio, Reservoir(capacity, base_share, seed), passes, early, early_passes)


class Rehearsal:
    """New examples first, then the rehearsed ones; a new example joins the reservoir once its own batch is
    drawn."""

    def __init__(
        self,
        batcher: Batcher,
        ratio: float,
        reservoir: Reservoir[Any],
        passes: int = 1,
        early: int = 0,
        early_passes: int = 1,
    ) -> None:
        self.batcher = batcher
        self.passes, self.early, self.early_passes = passes, early, early_passes
        self.ratio = ratio
        self.reservoir = reservoir

    def __call__(self, items: Iterable[Any]) -> Iterator[list[Any]]:
        """The batches; when one is given out, the reservoir knows its examples already."""
        for batch in self.batcher(items):
            passes = self.early_passes if self.reservoir.seen < self.early else self.passes
            rehearsed = self.reservoir.sample(round(self.ratio * len(batch)))
            for item in batch:
                self.reservoir.add(key_of(item), item, getattr(item, "supersedes", None))
            yield [*batch, *rehearsed]
            for _ in range(1, passes):
                known = {key_of(item) for item in batch}
                drawn = self.reservoir.sample(round(self.ratio * len(batch)))
                yield [*batch, *(item for item in drawn if key_of(item) not in known)]
