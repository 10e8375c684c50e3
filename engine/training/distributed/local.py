# SPDX-License-Identifier: Apache-2.0
"""Strategy `local`: each worker learns its part of each batch alone; every K steps all take the mean.

Little is sent, which suits slow networks. Weights, the optimizer's moments and its averages are all averaged,
in the order of the workers, so that after each mean every worker has the same state.

Source: S. Stich, Local SGD Converges Fast and Communicates Little, 2019 (arXiv 1805.09767); moments averaged
as in T. Lin et al., Don't Use Large Mini-Batches, Use Local SGD, 2020 (arXiv 1808.07217).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...doc.example import Example
from ..weights import weights_were_changed
from .gradients import Gradients
from .member import Losses, Member
from .shards import cut_in_shards
from .tables import Tables, put_tables, tables_of


class LocalMember(Member):
    """A worker that learns alone between two means."""

    _gradients: Gradients | None = None
    _averaged_at = 0

    def learn(self, examples: Sequence[Example], dropout: float, annotates: Iterable[str]) -> list[Losses]:
        """Gradients of this worker's part; losses are of it alone."""
        part = cut_in_shards(examples, self.size)[self.rank]
        shard = self.learn_shard(part, self.rank, dropout, annotates)
        self._gradients = shard.gradients
        self.meters.used += shard.gradients is not None
        return [shard.losses]

    def apply_gradients(self) -> None:
        """Change this worker's weights; every K steps take the mean of all."""
        self.change_weights(self._gradients or {}, self.slots)
        self._gradients = None
        self.meters.updates += 1
        if self.step % self.settings.average_every == 0:
            self._take_mean()

    def settle(self) -> None:
        """Take the mean now, if it was not just taken."""
        if self._averaged_at != self.step:
            self._take_mean()

    def _take_mean(self) -> None:
        self._averaged_at = self.step
        if self.size == 1:
            return
        optimizer = self.optimizer
        own = tables_of(self.slots, optimizer)
        n_bytes = sum(array.nbytes for table in own.values() for array in table.values())
        self.meters.bytes += n_bytes * (self.size - 1)
        everybody: list[Tables] = self.exchange.all_to_all("mean", own)
        put_tables(
            self.slots, optimizer, {table: _means([each[table] for each in everybody]) for table in own}
        )
        weights_were_changed(self.pipeline)
        counts = self.exchange.all_to_all("counts", [optimizer.nr_update.get(s.key, 0) for s in self.slots])
        for slot, of_workers in zip(self.slots, zip(*counts, strict=True), strict=True):
            if max(of_workers):
                optimizer.nr_update[slot.key] = max(of_workers)


def _means(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The means in the order of the workers; one that lacks an array counts not."""
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: _mean([table[name] for table in tables if name in table]) for name in names}


def _mean(present: Sequence[Any]) -> Any:
    total = present[0].astype(np.float64)
    for array in present[1:]:
        total = total + array
    return (total / len(present)).astype(np.float32)
