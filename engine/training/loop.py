# SPDX-License-Identifier: Apache-2.0
"""The training loop: updates, evaluations and the choice of the best, as a generator; one loop for files and
endless streams."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, NotRequired, Protocol, TypedDict

from thinc.api import Optimizer

from ..doc.example import Example
from ..errors import EngineError

Losses = dict[str, float]
Evaluation = tuple[float, dict[str, Any]]
Batches = Iterator[tuple[int, list[Example]]]


MAIN_SCORES = (
    "tag_acc",
    "pos_acc",
    "morph_acc",
    "lemma_acc",
    "sents_f",
    "dep_las",
    "ents_f",
    "spans_sc_f",
    "nel_micro_f",
    "cats_score",
)
"""Scores that count equally where the config gives no weights."""


class StepInfo(TypedDict):
    """What is known after a step. Units: `seconds` by the caller's clock; `words` seen so far, in the
    pipeline's tokens. `output_path`: where the best pipeline is written, if anywhere. `distributed`: what
    workers that train together counted."""

    epoch: int
    step: int
    score: float | None
    other_scores: dict[str, Any]
    losses: Losses
    checkpoints: list[tuple[float, int]]
    seconds: float
    words: int
    output_path: NotRequired[str]
    distributed: NotRequired[dict[str, Any]]


class Learner(Protocol):
    """What the loop needs of a pipeline."""

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
        """Add up the gradients of one batch."""
        ...

    def finish_update(self, optimizer: Optimizer, exclude: Iterable[str] = ()) -> None:
        """Change the weights by the gradients."""
        ...

    def use_averages(self, optimizer: Optimizer) -> AbstractContextManager[None]:
        """Run with averaged weights."""
        ...


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """How long to learn and how: the values of the `[training]` section. Zero means without limit."""

    dropout: float | Iterator[float] = 0.1
    accumulate_gradient: int = 1
    patience: int = 0
    max_steps: int = 0
    eval_frequency: int = 200
    frozen_components: Sequence[str] = ()
    annotating_components: Sequence[str] = ()
    before_update: Callable[[Any, dict[str, int]], None] | None = None

    @classmethod
    def from_section(cls, training: Mapping[str, Any]) -> LoopSettings:
        """The settings of a resolved `[training]` section."""
        return cls(**{name: training[name] for name in cls.__slots__})


@dataclass(slots=True)
class Progress:
    """The loop's state between steps: what a checkpoint of a run must keep."""

    step: int = 0
    words: int = 0
    losses: Losses = field(default_factory=dict)
    results: list[tuple[float, int]] = field(default_factory=list)

    @property
    def best_step(self) -> int:
        """The first step with the highest score; 0 before any evaluation."""
        return max(self.results, key=lambda result: (result[0], -result[1]))[1] if self.results else 0

    @property
    def last_evaluated(self) -> int:
        """The step of the last evaluation; 0 before any."""
        return self.results[-1][1] if self.results else 0

    def add_result(self, score: float) -> bool:
        """Note the score of this step; whether it is higher than all before."""
        is_best = not self.results or score > max(result[0] for result in self.results)
        self.results.append((score, self.step))
        return is_best


def train_while_improving(
    pipeline: Learner,
    optimizer: Optimizer,
    batches: Batches,
    evaluate: Callable[[], Evaluation],
    settings: LoopSettings,
    *,
    clock: Callable[[], float],
    progress: Progress | None = None,
) -> Iterator[tuple[list[Example], StepInfo, bool | None]]:
    """Learn batch after batch and yield `(batch, info, is_best)` after each.

    `is_best` is None where there was no evaluation; there is one every `eval_frequency` steps and one at the
    end, for which the batch may be empty. Ends with the batches, after `max_steps`, or when `patience` steps
    brought nothing better. A stream is read no further than it is learned.
    """
    progress = progress or Progress()
    rates = dropout_rates(settings.dropout)
    started = clock()
    epoch = 0
    for epoch, batch in batches:
        progress.step += 1
        if settings.before_update is not None:
            settings.before_update(pipeline, {"step": progress.step, "epoch": epoch})
        learn_batch(pipeline, optimizer, batch, settings, dropout=next(rates), losses=progress.losses)
        check_finite(progress)
        progress.words += sum(map(len, batch))
        is_last = 0 < settings.max_steps <= progress.step
        if not is_last and progress.step % settings.eval_frequency:
            yield batch, _info(progress, epoch, None, {}, clock() - started), None
            continue
        yield batch, *_evaluate(pipeline, optimizer, evaluate, progress, epoch, lambda: clock() - started)
        if is_last or (settings.patience and progress.step - progress.best_step >= settings.patience):
            return
    if progress.step and progress.step != progress.last_evaluated:
        yield [], *_evaluate(pipeline, optimizer, evaluate, progress, epoch, lambda: clock() - started)


def _evaluate(
    pipeline: Learner,
    optimizer: Optimizer,
    evaluate: Callable[[], Evaluation],
    progress: Progress,
    epoch: int,
    seconds: Callable[[], float],
) -> tuple[StepInfo, bool]:
    """Evaluate with averaged weights; the losses start anew after it."""
    with pipeline.use_averages(optimizer):
        score, scores = evaluate()
    is_best = progress.add_result(score)
    info = _info(progress, epoch, score, scores, seconds())
    progress.losses.clear()
    return info, is_best


def learn_batch(
    pipeline: Learner,
    optimizer: Optimizer,
    batch: Sequence[Example],
    settings: LoopSettings,
    *,
    dropout: float,
    losses: Losses,
) -> None:
    """One change of the weights: gradients of the batch's parts, summed, then the optimizer's step."""
    for part in parts_of(batch, settings.accumulate_gradient):
        pipeline.update(
            part,
            dropout=dropout,
            sgd=False,
            losses=losses,
            exclude=settings.frozen_components,
            annotates=settings.annotating_components,
        )
    pipeline.finish_update(optimizer, settings.frozen_components)
    optimizer.step_schedules()


def check_finite(progress: Progress) -> None:
    """Raises: EngineError where a component's loss is no number any more: what it learns from then on is
    lost."""
    for name, loss in progress.losses.items():
        if not math.isfinite(loss):
            raise EngineError(
                f"the loss of component {name!r} is {loss} at step {progress.step}; nothing is learned from "
                "here on. A lower learn_rate, grad_clip = 1.0 or other data of that component may help; what "
                "was saved before is untouched"
            )


def training_batches(
    read: Callable[[], Iterable[Example]],
    batcher: Callable[[Iterable[Example]], Iterable[list[Example]]],
    max_epochs: int,
) -> Batches:
    """Batches with the number of their epoch, from 0.

    `max_epochs` 0 or more: the examples are read again, and shuffled by Python's global generator, every
    epoch, without end for 0. -1: a stream, read once, in its own order.
    Raises: EngineError where there is no example.
    """
    if max_epochs < 0:
        yield from ((0, batch) for batch in batcher(read()))
        return
    for epoch in range(max_epochs) if max_epochs else itertools.count():
        examples = list(read())
        if not examples:
            raise EngineError(
                "expected at least one training example, got none; check the path and limits of the "
                "training corpus"
            )
        random.shuffle(examples)
        yield from ((epoch, batch) for batch in batcher(examples))


def dropout_rates(dropout: float | Iterator[float]) -> Iterator[float]:
    """One rate for ever, or a schedule's."""
    return itertools.repeat(float(dropout)) if isinstance(dropout, int | float) else iter(dropout)


def parts_of(batch: Sequence[Example], n_parts: int) -> Iterator[Sequence[Example]]:
    """The batch in at most `n_parts` parts of about equal numbers."""
    size = max(1, -(-len(batch) // max(1, n_parts)))
    return (batch[start : start + size] for start in range(0, len(batch), size))


def _info(
    progress: Progress, epoch: int, score: float | None, scores: dict[str, Any], seconds: float
) -> StepInfo:
    return {
        "epoch": epoch,
        "step": progress.step,
        "score": score,
        "other_scores": scores,
        "losses": dict(progress.losses),
        "checkpoints": list(progress.results),
        "seconds": seconds,
        "words": progress.words,
    }


def __getattr__(name: str) -> Any:
    """A documented name: `from engine.training.loop import train`, which trains a whole config."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("engine.spacy_names.modules").named("training.loop", name)
