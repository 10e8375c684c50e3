# SPDX-License-Identifier: Apache-2.0
"""Strategy `owned`: every array belongs to one worker, which alone changes it; nobody waits for the slowest.

A worker computes gradients of its shard for all arrays and sends each owner its part, with the version that
it computed them with. An owner makes an update when a quorum has come, and sends the new arrays, with their
version, to all (`owner` has the rules). A worker may be ahead of the slowest owner by `max_staleness`
updates; only then it waits. One whose step was made without it passes over it.

Source: the design of `spacy-ray`'s documentation; the bound on staleness: Q. Ho et al., More Effective
Distributed ML via a Stale Synchronous Parallel Parameter Server, 2013.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from thinc.api import Optimizer

from ...doc.example import Example
from ..weights import weights_were_changed
from .gradients import Gradients, n_bytes
from .member import Losses, Member
from .owner import Contribution, Owner, OwnerRules
from .ownership import owners_of
from .post import Message
from .shards import cut_in_shards
from .slots import Slot, aligned
from .tables import put_tables, tables_of


class OwnedMember(Member):
    """A worker that owns some arrays and learns all of them."""

    def begin(self, optimizer: Optimizer) -> Any:
        """Take worker 0's weights, and say who owns what."""
        super().begin(optimizer)
        self.owner_of = owners_of({slot.name: slot.value().size for slot in self.slots}, self.size)
        self.own: list[Slot] = [slot for slot in self.slots if self.owner_of[slot.name] == self.rank]
        rules = OwnerRules(
            self.size, self.settings.quorum_of(self.size), self.settings.max_staleness, self.settings.late
        )
        self.owner = Owner(rules, self.step, self.meters)
        self.versions = dict.fromkeys(range(self.size), self.step)
        return OwnersOptimizer(optimizer)

    def learn(self, examples: Sequence[Example], dropout: float, annotates: Iterable[str]) -> list[Losses]:
        """Send the gradients of this worker's shard to their owners; losses are of it alone."""
        self._handle_all()
        self._wait_for(self.step - 1 - self.settings.max_staleness)
        if min(self.versions.values()) >= self.step:
            self.meters.skipped += 1
            return []
        versions = dict(self.versions)
        part = cut_in_shards(examples, self.size)[self.rank]
        shard = self.learn_shard(part, self.rank, dropout, annotates)
        self._send_gradients(shard.gradients or {}, versions)
        return [shard.losses]

    def apply_gradients(self) -> None:
        """Handle what has come; updates are made when their quorum is there, not now."""
        self._handle_all()

    def settle(self) -> None:
        """Wait until every owner has made every step so far, and every worker knows."""
        with self.timed():
            self._wait_for(self.step)
            self.exchange.all_to_all("settled", self.step)
            self._handle_all()
            self._wait_for(self.step)

    def gather_averages(self) -> None:
        """Give every worker the owners' averages."""
        optimizer = self.optimizer
        if optimizer.averages is not None:
            own = {s.name: optimizer.averages[s.key] for s in self.own if s.key in optimizer.averages}
            for arrays in self.exchange.all_to_all("averages", own):
                optimizer.averages.update(
                    {s.key: aligned(arrays[s.name]) for s in self.slots if s.name in arrays}
                )

    def gather_state(self) -> None:
        """Give every worker the owners' moments and counts."""
        optimizer = self.optimizer
        counts = {
            slot.name: optimizer.nr_update[slot.key] for slot in self.own if slot.key in optimizer.nr_update
        }
        own = tables_of(self.own, optimizer), counts
        for others, their_counts in self.exchange.all_to_all("state", own):
            put_tables(self.slots, optimizer, others)
            optimizer.nr_update.update(
                {slot.key: their_counts[slot.name] for slot in self.slots if slot.name in their_counts}
            )
        weights_were_changed(self.pipeline)

    def _send_gradients(self, gradients: Gradients, versions: dict[int, int]) -> None:
        for owner in range(self.size):
            part = {name: g for name, g in gradients.items() if self.owner_of[name] == owner}
            contribution = Contribution(self.rank, self.step, versions[owner], part)
            self.meters.sent += 1
            if owner == self.rank:
                self._receive(contribution)
            else:
                self.meters.bytes += n_bytes(part)
                self.exchange.send(owner, "gradients", contribution)

    def _receive(self, contribution: Contribution) -> None:
        self.owner.receive(contribution)
        while (total := self.owner.next_update()) is not None:
            self._make_update(total)

    def _make_update(self, total: Gradients) -> None:
        """Change the own arrays, and send them to all."""
        self.change_weights(total, self.own)
        self.optimizer.step_schedules()
        self.versions[self.rank] = self.owner.version
        arrays = {slot.name: slot.value().copy() for slot in self.own}
        for other in self.exchange.others:
            self.meters.bytes += sum(array.nbytes for array in arrays.values())
            self.exchange.send(other, "arrays", (self.owner.version, arrays))

    def _wait_for(self, version: int) -> None:
        """Handle messages until all owners are known to have made that version."""
        while min(self.versions.values()) < version:
            message = self.exchange.take(wait=True)
            assert message is not None, "a post that waits gives a message; this is a bug in Freshet"
            self._handle(message)

    def _handle_all(self) -> None:
        while (message := self.exchange.take(wait=False)) is not None:
            self._handle(message)

    def _handle(self, message: Message) -> None:
        if message.kind == "gradients":
            self._receive(message.content)
            return
        version, arrays = message.content
        self.versions[message.sender] = version
        self.put_weights(arrays)


class OwnersOptimizer:
    """What the loop takes for the optimizer: schedules step with the owner's updates, not with its steps."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer

    @property
    def averages(self) -> Any:
        """The averages that lie here."""
        return self.optimizer.averages

    def step_schedules(self) -> None:
        """Nothing."""
