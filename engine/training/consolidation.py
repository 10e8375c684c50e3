# SPDX-License-Identifier: Apache-2.0
"""Consolidation: a training on all that a learner has so far, some batches at a time, while the learner goes
on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from thinc.api import Optimizer

from ..doc.example import Example
from ..errors import EngineError
from .batchers import Batcher, configure_by_words
from .loop import LoopSettings, dropout_rates, learn_batch
from .optimizer_state import optimizer_state
from .random_state import RandomGenerators
from .stream_learner import StreamLearner
from .weights import Weights, weights_of

MIN_STEPS = 20
"""Steps that a pass has at least, with smaller batches where there are few words: one step a pass would leave
the learner where it began."""


@dataclass(frozen=True, slots=True)
class PassScore:
    """How well a pass does, from 0 to 1, and by how much that may be off: its standard error."""

    value: float
    error: float


Score = Callable[[Sequence[Example]], PassScore]


@dataclass(frozen=True, slots=True)
class ConsolidationPlan:
    """How long to train. `max_epochs` passes over the examples at most, of batches of at most about
    `batch_words` words, and not many more than `max_words` words, 0 for any number; `patience` passes that
    are worse than the best end it."""

    max_epochs: int = 20
    batch_words: int = 400
    max_words: int = 0
    patience: int = 3


@dataclass(frozen=True, slots=True)
class Consolidated:
    """What came out: weights and the optimizer's moments, and the number of steps after which they stood
    so."""

    weights: Weights = field(default_factory=dict)
    moments: Weights = field(default_factory=dict)
    steps: int = 0


class Consolidation:
    """One training on a fixed set of examples: what comes out depends on its arguments alone, however it is
    cut into pieces and whatever is learned between them. It draws from generators of its own.

    `choosing`: documents that a pass is chosen by, with `score`: the last one that is not worse than the best
    by more than its standard error, so that few documents, which say little, stop nothing. Without any it is
    the last pass. With `steps` nothing is chosen: that many are done.
    Source: L. Breiman et al., Classification and Regression Trees, 1984, section 3.4.3 (the rule of one
    standard error).
    """

    def __init__(
        self,
        learner: StreamLearner,
        optimizer: Optimizer,
        examples: Sequence[Example],
        choosing: Sequence[Example],
        score: Score,
        plan: ConsolidationPlan,
        loop: LoopSettings,
        seed: int,
        steps: int = 0,
    ) -> None:
        if not examples:
            raise EngineError("expected examples to consolidate, got none; wait for a first correction")
        self._learner, self._optimizer, self._plan, self._loop = learner, optimizer, plan, loop
        self._examples = list(examples)
        self._choosing = choosing
        n_words = sum(map(len, self._examples))
        self._batch_words = max(1, min(plan.batch_words, n_words // MIN_STEPS))
        self._score = score
        self._wanted = steps
        self._random = RandomGenerators(seed)
        self._order = np.random.default_rng(seed)
        self._dropout = dropout_rates(loop.dropout)
        self._work = self._train()
        self.best = Consolidated()
        self.steps = 0
        self.words = 0

    def advance(self, n_words: int) -> bool:
        """Learn about so many words more; whether there is nothing left to do."""
        until = self.words + n_words
        with self._random:
            while self.words < until:
                if next(self._work, None) is None:
                    return True
        return False

    def _train(self) -> Iterator[int]:
        """Step by step, until the last pass or the best one is behind."""
        best, chosen = PassScore(float("-inf"), 0.0), 0
        for epoch in itertools.count(1):
            for batch in self._epoch():
                yield self._learn(batch)
                if self.steps == self._wanted:
                    self.best = self._weights()
                    return
            if self._wanted:
                continue
            score = self._score_pass()
            best = max(best, score, key=lambda one: one.value)
            if score.value >= best.value - best.error:
                self.best, chosen = self._weights(), epoch
            if self._is_over(epoch) or epoch - chosen >= self._plan.patience:
                return

    def _is_over(self, epoch: int) -> bool:
        return epoch >= self._plan.max_epochs or 0 < self._plan.max_words <= self.words

    def _epoch(self) -> Iterable[list[Example]]:
        shuffled = [self._examples[i] for i in self._order.permutation(len(self._examples)).tolist()]
        batcher: Batcher = configure_by_words(self._batch_words)
        return batcher(shuffled)

    def _learn(self, batch: list[Example]) -> int:
        learn_batch(self._learner, self._optimizer, batch, self._loop, dropout=next(self._dropout), losses={})
        self.steps += 1
        n_words = sum(map(len, batch))
        self.words += n_words
        return n_words

    def _score_pass(self) -> PassScore:
        """The score on the choosing documents; without any every pass is as good as the others."""
        if not self._choosing:
            return PassScore(0.0, 0.0)
        with self._learner.candidate():
            return self._score(self._choosing)

    def _weights(self) -> Consolidated:
        with self._learner.candidate() as pipeline:
            weights = weights_of(pipeline)
        moments = optimizer_state(self._learner.pipeline, self._optimizer)
        return Consolidated(weights, {key: np.array(array) for key, array in moments.items()}, self.steps)
