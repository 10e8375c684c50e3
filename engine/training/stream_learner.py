# SPDX-License-Identifier: Apache-2.0
"""A pipeline that goes on learning: what the training loop needs of it, with teacher, rates and moving
average."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from thinc.api import Optimizer

from ..doc.example import Example
from ..pipeline.pipeline import Pipeline
from .distillation import update_with_teacher
from .ema import MovingAverage
from .growth import grow_heads
from .learn_rates import LearnRateMultipliers
from .weights import Weights, set_weights

Losses = dict[str, float]


@dataclass(frozen=True, slots=True)
class LearnerSettings:
    """How to learn without forgetting; each part can be left out.

    `distillation`: weight of the teacher's gradient beside gold's, 0 for none. `average`: decay of the
    weights' moving average, which then is the candidate, 0 for none; `average_ramp`: how slowly it comes to
    that. `rates`: factors of the learn rate by pattern, 0 freezes.
    """

    distillation: float = 0.5
    average: float = 0.99
    rates: Mapping[str, float] = field(default_factory=dict)
    average_ramp: float = 10.0


class StreamLearner:
    """Learns as `Pipeline` does, near its teacher. The teacher is a pipeline of its own, whose weights nobody
    changes. `grown`: labels that heads were given since, by head."""

    def __init__(self, pipeline: Pipeline, teacher: Pipeline | None, settings: LearnerSettings) -> None:
        self.pipeline = pipeline
        self.teacher = teacher
        self.settings = settings
        self.multipliers = LearnRateMultipliers(pipeline, settings.rates)
        self.average = (
            MovingAverage(pipeline, settings.average, settings.average_ramp) if settings.average else None
        )
        self.grown: dict[str, list[str]] = {}

    def update(
        self,
        examples: Sequence[Example],
        *,
        dropout: float = 0.0,
        sgd: Optimizer | Literal[False] | None = None,
        optimizer: Optimizer | None = None,
        losses: Losses | None = None,
        exclude: Iterable[str] = (),
        annotates: Iterable[str] = (),
    ) -> Losses:
        """Add up the gradients of one batch; with `sgd` (here also `optimizer`), change the weights."""
        weight = self.settings.distillation
        losses = update_with_teacher(
            self.pipeline,
            self.teacher,
            examples,
            weight=weight,
            dropout=dropout,
            losses=losses,
            exclude=exclude,
            annotates=annotates,
        )
        if optimizer or sgd:
            self.finish_update(optimizer or sgd, exclude)
        return losses

    def finish_update(self, optimizer: Optimizer, exclude: Iterable[str] = ()) -> None:
        """Change the weights by the gradients, each group at its rate; the average follows."""
        self.multipliers.finish_update(self.pipeline, optimizer, exclude)
        if self.average is not None:
            self.average.update(self.pipeline)

    def take_over(self, weights: Weights) -> None:
        """Go on from these weights; the average begins anew."""
        set_weights(self.pipeline, weights)
        if self.average is not None:
            self.average.restart(self.pipeline)

    def grow(self, labels: Mapping[str, Sequence[str]], optimizer: Optimizer) -> None:
        """Give heads more labels, which they say nothing of before they have learned them."""
        grow_heads(self.pipeline, labels, optimizer, () if self.average is None else (self.average,))
        for name, more in labels.items():
            known = self.grown.setdefault(name, [])
            known += [label for label in more if label not in known]

    @contextmanager
    def use_averages(self, optimizer: Optimizer) -> Iterator[None]:
        """Run with the weights of the candidate."""
        with self.candidate():
            yield

    @contextmanager
    def candidate(self) -> Iterator[Pipeline]:
        """The pipeline as it would be put forward: with averaged weights where there is an average."""
        if self.average is None:
            yield self.pipeline
            return
        with self.average.apply(self.pipeline):
            yield self.pipeline
