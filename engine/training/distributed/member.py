# SPDX-License-Identifier: Apache-2.0
"""What the learners of all strategies have in common: a pipeline, a place, gradients of shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from thinc.api import Optimizer

from ...doc.example import Example
from ...pipeline.pipeline import Pipeline
from ..weights import weights_were_changed
from .gradients import Gradients, take_gradients
from .meters import Meters
from .post import Exchange, Post
from .settings import DistributedSettings
from .shards import coins_of
from .slots import Slot, aligned, slots_of

Losses = dict[str, float]


@dataclass(frozen=True, slots=True)
class Shard:
    """What a shard gave: gradients, None where it was empty, and losses."""

    gradients: Gradients | None
    losses: Losses


class Member:
    """One worker's learner, which the training loop takes for a pipeline. Every worker calls the same things
    in the same order. `step`: updates so far."""

    def __init__(
        self,
        pipeline: Pipeline,
        post: Post,
        settings: DistributedSettings,
        *,
        seed: int,
        clock: Callable[[], float],
        frozen: Iterable[str] = (),
        step: int = 0,
    ) -> None:
        self.pipeline, self.settings, self.seed, self.clock = pipeline, settings, seed, clock
        self.exchange = Exchange(post, clock)
        self.frozen = frozenset(frozen)
        self.slots: list[Slot] = slots_of(pipeline, self.frozen)
        self.step = step
        self.meters = Meters()

    @property
    def rank(self) -> int:
        """This worker's number."""
        return self.exchange.post.rank

    @property
    def size(self) -> int:
        """How many workers there are."""
        return self.exchange.post.size

    def begin(self, optimizer: Optimizer) -> Any:
        """Take worker 0's weights, so that all begin with the same; what comes back is what the loop takes
        for the optimizer."""
        self.optimizer = optimizer
        weights = self.exchange.from_first("weights", lambda: {s.name: s.value() for s in self.slots})
        if self.rank:
            self.put_weights(weights)
        return optimizer

    def put_weights(self, weights: dict[str, Any]) -> None:
        """Put weights in, by the names of their arrays."""
        for slot in self.slots:
            if slot.name in weights:
                slot.set_value(weights[slot.name])
        weights_were_changed(self.pipeline)

    def update(
        self,
        examples: Sequence[Example],
        *,
        dropout: float = 0.0,
        sgd: Literal[False] | None = None,
        losses: Losses | None = None,
        exclude: Iterable[str] = (),
        annotates: Iterable[str] = (),
    ) -> Losses:
        """This worker's part of a global batch. Losses are those of the whole batch where the strategy knows
        them, else of this worker's part."""
        losses = {} if losses is None else losses
        with self.timed():
            self.step += 1
            for shard in self.learn(examples, dropout, annotates):
                add_losses(losses, shard)
        return losses

    def finish_update(self, optimizer: Optimizer, exclude: Iterable[str] = ()) -> None:
        """Change the weights, by what all workers found."""
        with self.timed():
            self.apply_gradients()

    def learn(self, examples: Sequence[Example], dropout: float, annotates: Iterable[str]) -> list[Losses]:
        """Gradients of a global batch, as the strategy finds them; the losses of shards, in their order."""
        raise NotImplementedError

    def apply_gradients(self) -> None:
        """What the strategy makes of the gradients that were found."""
        raise NotImplementedError

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count these seconds as those of learning."""
        started = self.clock()
        yield
        self.meters.seconds += self.clock() - started

    def settle(self) -> None:
        """Wait until every worker has come here, with the same weights."""

    def gather_averages(self) -> None:
        """Give every worker all averages, where they lie apart."""

    def gather_state(self) -> None:
        """Give every worker the optimizer's whole state, where it lies apart."""

    @contextmanager
    def use_averages(self, optimizer: Optimizer) -> Iterator[None]:
        """Run with averaged weights, once all workers have come here."""
        self.settle()
        self.gather_averages()
        with self.pipeline.use_averages(self.optimizer):
            yield

    def learn_shard(
        self, examples: Sequence[Example], shard: int, dropout: float, annotates: Iterable[str]
    ) -> Shard:
        """Gradients and losses of one shard of the step that is being made."""
        if not sum(map(len, examples)):
            return Shard(None, {})
        take_gradients(self.slots)
        losses: Losses = {}
        with coins_of(self.seed, self.step, shard):
            self.pipeline.update(
                examples,
                dropout=dropout,
                sgd=False,
                losses=losses,
                exclude=self.frozen,
                annotates=annotates,
            )
        self.meters.words += sum(map(len, examples))
        return Shard(take_gradients(self.slots), losses)

    def change_weights(self, gradients: Gradients, slots: Iterable[Slot]) -> None:
        """Change these arrays by their gradients. One that has none this time, and had one before, has one of
        zero, as in one process."""
        take_gradients(self.slots)
        for slot in slots:
            gradient = gradients.get(slot.name)
            if gradient is not None:
                slot.set_gradient(aligned(gradient.dense()))
            elif slot.key in self.optimizer.nr_update:
                slot.set_gradient(aligned(np.zeros_like(slot.value())))
        self.pipeline.finish_update(self.optimizer, self.frozen)

    def current_meters(self) -> Meters:
        """The counts so far."""
        self.meters.waited = self.exchange.waited
        return self.meters


def add_losses(into: Losses, more: Losses) -> Losses:
    """Add losses up, in place."""
    for name, loss in more.items():
        into[name] = into.get(name, 0.0) + loss
    return into
