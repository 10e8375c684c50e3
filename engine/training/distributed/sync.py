# SPDX-License-Identifier: Apache-2.0
"""Strategy `sync`: one global batch a step, its shards over the workers, the same weights everywhere.

A batch is cut into `shards` parts, whatever the number of workers. The gradient of each is computed by
itself, with coins of its own, and all are added in the order of one tree (`reduction`). Every worker gets the
sum and makes the same update, so that each of them has all that there is: weights, moments, averages. So the
weights after any number of steps are bit by bit those of one worker with as many shards, on the same kind of
CPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...doc.example import Example
from .gradients import Gradients, add_all, n_bytes
from .member import Losses, Member, Shard
from .reduction import Node, add_tree, subtrees_of
from .shards import cut_in_shards, shards_of

Part = tuple[dict[Node, Gradients | None], list[Losses]]


class SyncMember(Member):
    """A worker that learns its shards of each batch and adds up what all found."""

    _sum: Gradients | None = None

    def learn(self, examples: Sequence[Example], dropout: float, annotates: Iterable[str]) -> list[Losses]:
        """Gradients and losses of the whole batch, at every worker."""
        n_shards = self.settings.shards
        shards = cut_in_shards(examples, n_shards)
        own = shards_of(self.rank, self.size, n_shards)
        learned = {i: self.learn_shard(shards[i], i, dropout, annotates) for i in own}
        parts: list[Part] = self.exchange.all_to_all("gradients", self._part(learned, own, n_shards))
        self._sum = add_tree(
            (0, n_shards), {node: total for roots, _ in parts for node, total in roots.items()}, add_all
        )
        return [losses for _, of_shards in parts for losses in of_shards]

    def apply_gradients(self) -> None:
        """The same update at every worker."""
        self.change_weights(self._sum or {}, self.slots)
        self._sum = None
        self.meters.updates += 1

    def _part(self, learned: dict[int, Shard], own: range, n_shards: int) -> Part:
        """What others need of this worker: the sums of its largest subtrees, and its losses."""
        leaves = {(i, i + 1): shard.gradients for i, shard in learned.items()}
        roots = {
            node: add_tree(node, leaves, add_all) for node in subtrees_of(own.start, own.stop, (0, n_shards))
        }
        n_used = sum(shard.gradients is not None for shard in learned.values())
        self.meters.sent += n_used
        self.meters.used += n_used
        self.meters.staleness[0] += n_used
        self.meters.bytes += sum(map(n_bytes, roots.values())) * (self.size - 1)
        return roots, [shard.losses for shard in learned.values()]
