# SPDX-License-Identifier: Apache-2.0
"""Strategy `local`: each worker learns its part of each batch alone; every K steps all take the mean.

Little is sent, which suits slow networks. Weights, the optimizer's moments and its averages are all averaged,
in the order of the workers, so that after each mean every worker has the same state.

Source: S. Stich, Local SGD Converges Fast and Communicates Little, 2019 (arXiv 1805.09767); moments averaged
as in T. Lin et al., Don't Use Large Mini-Batches, Use Local SGD, 2020 (arXiv 1808.07217).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...doc.example import Example
from ..optimizer_state import TABLES
from .gradients import Gradients
from .member import Losses, Member
from .shards import cut_in_shards
from .slots import aligned, weights_were_changed

WEIGHTS = "weights"


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
        own = state_arrays(self)
        self.meters.bytes += sum(array.nbytes for array in own.values()) * (self.size - 1)
        everybody: list[dict[str, Any]] = self.exchange.all_to_all("mean", own)
        names = list(dict.fromkeys(name for state in everybody for name in state))
        put_state_arrays(self, {name: _mean(name, everybody) for name in names})
        counts = self.exchange.all_to_all("counts", [optimizer.nr_update.get(s.key, 0) for s in self.slots])
        for slot, of_workers in zip(self.slots, zip(*counts, strict=True), strict=True):
            if max(of_workers):
                optimizer.nr_update[slot.key] = max(of_workers)


def state_arrays(member: Member) -> dict[str, Any]:
    """Copies of weights, moments and averages, by table and array."""
    found = {f"{WEIGHTS}/{slot.name}": slot.value().copy() for slot in member.slots}
    for table in TABLES:
        values = getattr(member.optimizer, table) or {}
        found |= {
            f"{table}/{slot.name}": np.array(values[slot.key]) for slot in member.slots if slot.key in values
        }
    return found


def put_state_arrays(member: Member, arrays: dict[str, Any]) -> None:
    """Put them back."""
    for slot in member.slots:
        if f"{WEIGHTS}/{slot.name}" in arrays:
            slot.set_value(arrays[f"{WEIGHTS}/{slot.name}"])
        for table in TABLES:
            if f"{table}/{slot.name}" in arrays:
                getattr(member.optimizer, table)[slot.key] = aligned(arrays[f"{table}/{slot.name}"])
    weights_were_changed(member.pipeline)


def _mean(name: str, states: Sequence[dict[str, Any]]) -> Any:
    """The mean in the order of the workers; one that lacks an array counts not."""
    present = [state[name] for state in states if name in state]
    total = present[0].astype(np.float64)
    for array in present[1:]:
        total = total + array
    return (total / len(present)).astype(np.float32)
