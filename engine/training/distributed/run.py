# SPDX-License-Identifier: Apache-2.0
"""One worker's whole run: from a config to the last step, in the loop that one process runs.

Every worker reads the same corpora in the same order and cuts each batch of the config's batcher into shards,
so that readers, batchers, augmenters and schedules mean what they mean alone. Worker 0 evaluates; its verdict
is everybody's, so that all stop at the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TextIO

from thinc.api import Model

from ...errors import EngineError
from ...pipeline.own_steps import OwnStep, unwrapped
from ...pipeline.pipeline import Pipeline
from ..learner_state import LearnerState
from ..loop import (
    LoopSettings,
    Losses,
    Progress,
    StepInfo,
    dropout_rates,
    train_while_improving,
    training_batches,
)
from ..random_state import random_state, set_random_state
from ..train import (
    BEST,
    LAST,
    ScoreWeights,
    TrainingResult,
    evaluate,
    initialize,
    note_step,
    require_examples,
    resolve_corpora,
    save_trained,
    training_settings,
)
from .local import LocalMember
from .member import Member, add_losses
from .meters import sum_of
from .owned import OwnedMember
from .post import Post
from .run_state import put_state, take_state
from .settings import DistributedSettings, Strategy
from .sync import SyncMember

MEMBERS: Mapping[Strategy, type[Member]] = {
    Strategy.sync: SyncMember,
    Strategy.owned: OwnedMember,
    Strategy.local: LocalMember,
}


class Reporter(Protocol):
    """Where a run's news go. All but `checkpoint` are called at worker 0 alone."""

    def log(self, info: StepInfo | None) -> None:
        """A row at each evaluation, None at the steps between."""
        ...

    def save(self, trained: Trained) -> None:
        """A better pipeline than all before, or the last one."""
        ...

    def checkpoint(self, step: int, state: LearnerState | None) -> None:
        """A place to begin again from; every worker comes here, worker 0 with the state."""
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """A pipeline to be saved now: its weights are those of `step`. `is_last`: the one that the run ends
    with, else the best so far."""

    pipeline: Pipeline
    optimizer: Any
    settings: Mapping[str, Any]
    step: int
    result: TrainingResult
    is_last: bool

    @property
    def name(self) -> str:
        """The folder that it goes to, of the two of a training."""
        return LAST if self.is_last else BEST

    def to_disk(self, folder: Path, *, half: bool) -> None:
        """Write it with its averages, its scores and the config's `[meta]`."""
        save_trained(
            self.pipeline,
            self.optimizer,
            self.settings["before_to_disk"],
            folder,
            self.step,
            self.result,
            half=half,
        )


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a worker is told besides the config. `seed`: where the config has none."""

    distributed: DistributedSettings
    clock: Callable[[], float]
    stderr: TextIO
    seed: int = 0


def run_worker(
    pipeline: Pipeline,
    post: Post,
    options: RunOptions,
    reporter: Reporter,
    state: LearnerState | None = None,
) -> TrainingResult:
    """Train a pipeline of a config among others, from the beginning or from where a checkpoint was taken.

    Raises: ConfigError, EngineError where config or data do not fit.
    """
    settings = training_settings(pipeline)
    if settings["seed"] is None:
        settings["seed"] = options.seed
    distributed = options.distributed
    distributed = replace(distributed, shards=max(distributed.shards, settings["accumulate_gradient"]))
    corpora = resolve_corpora(pipeline.config, settings)
    require_examples(pipeline, corpora["dev"], settings["dev_corpus"])
    initialize(pipeline, corpora["train"], settings)
    progress, result = Progress(), TrainingResult()
    optimizer = settings["optimizer"]
    if state is not None:
        put_state(state, pipeline, optimizer, progress, result)
    frozen = settings["frozen_components"]
    kind = MEMBERS[distributed.strategy]
    member = kind(
        pipeline,
        post,
        distributed,
        seed=settings["seed"],
        clock=options.clock,
        frozen=frozen,
        step=progress.step,
    )
    require_slots(member)
    run = _Run(member, settings, corpora, progress, result, options, reporter)
    run.to_the_end(member.begin(optimizer))
    return result


def require_slots(member: Member) -> None:
    """Raises: EngineError where nothing learns, or something does whose weights cannot be sent."""
    hidden = [
        name
        for name, step in member.pipeline.running()
        if isinstance(step, OwnStep)
        and step.learns
        and name not in member.frozen
        and not isinstance(getattr(unwrapped(step), "model", None), Model)
    ]
    if hidden:
        raise EngineError(
            f"expected components that learn by a Thinc model, as `model`, got {', '.join(hidden)}; freeze "
            "them, or train without `--workers` and [training.distributed]"
        )
    if not member.slots:
        raise EngineError(
            "expected components that learn, got none: all are frozen, or have weights that only they know"
        )


class _Run:
    """The loop of one worker and what stands around it."""

    def __init__(
        self,
        member: Member,
        settings: Mapping[str, Any],
        corpora: Mapping[str, Any],
        progress: Progress,
        result: TrainingResult,
        options: RunOptions,
        reporter: Reporter,
    ) -> None:
        self.member, self.settings, self.corpora = member, settings, corpora
        self.progress, self.result, self.options, self.reporter = progress, result, options, reporter
        self.judge = ScoreWeights(settings["score_weights"], options.stderr)

    def to_the_end(self, optimizer: Any) -> None:
        """Every step that is left, with what is said of it and kept of it."""
        info: StepInfo | None = None
        for _, info, is_best in self._steps(optimizer):
            note_step(self.result, info, is_best)
            if is_best is not None:
                info["distributed"] = self._share_meters()
            if self.member.rank == 0:
                if is_best:
                    self._save(is_last=False)
                self.reporter.log(info if is_best is not None else None)
            if self._is_checkpoint(info["step"], is_best):
                self._checkpoint(info["seconds"])
        if self.member.rank == 0 and self.result.steps:
            self._save(is_last=True)

    def _steps(self, optimizer: Any) -> Iterator[tuple[Any, StepInfo, bool | None]]:
        """The loop; after a checkpoint it goes on with the batch that comes next."""
        settings, done = self.settings, self.progress.step
        pipeline = self.member.pipeline
        batches = training_batches(
            lambda: self.corpora["train"](pipeline), settings["batcher"], settings["max_epochs"]
        )
        rates = dropout_rates(settings["dropout"])
        for _ in range(done):
            next(rates)
        loop = LoopSettings.from_section(settings)
        before = loop.before_update
        return train_while_improving(
            self.member,
            optimizer,
            islice(batches, done, None),
            self._evaluate,
            replace(
                loop,
                dropout=rates,
                accumulate_gradient=1,
                before_update=None if before is None else lambda _, step: before(pipeline, step),
            ),
            clock=self._clock(),
            progress=self.progress,
        )

    def _clock(self) -> Callable[[], float]:
        """A clock by which the run began before those that were stopped."""
        earlier = self.options.clock() - self.result.seconds
        readings = iter([earlier])
        return lambda: next(readings, None) or self.options.clock()

    def _evaluate(self) -> tuple[float, dict[str, Any]]:
        """Worker 0's verdict, at every worker; random generators stay where they are: only one evaluates."""
        self._share_losses()
        before = random_state()
        verdict: tuple[float, dict[str, Any]] = self.member.exchange.from_first(
            "scores",
            lambda: evaluate(self.member.pipeline, self.corpora["dev"], self.judge, self.options.clock),
        )
        set_random_state(before)
        return verdict

    def _share_losses(self) -> None:
        """Sum the losses where each worker knows its own alone."""
        if self.member.settings.strategy is not Strategy.sync:
            everybody: list[Losses] = self.member.exchange.all_to_all("losses", dict(self.progress.losses))
            self.progress.losses.clear()
            for losses in everybody:
                add_losses(self.progress.losses, losses)

    def _share_meters(self) -> dict[str, Any]:
        meters = self.member.exchange.all_to_all("meters", self.member.current_meters())
        return sum_of(meters).as_row()

    def _save(self, *, is_last: bool) -> None:
        member = self.member
        self.reporter.save(
            Trained(
                member.pipeline, member.optimizer, self.settings, self.progress.step, self.result, is_last
            )
        )

    def _is_checkpoint(self, step: int, is_best: bool | None) -> bool:
        every = self.options.distributed.checkpoint_every
        return step % every == 0 if every else is_best is not None

    def _checkpoint(self, seconds: float) -> None:
        """Everybody's part of the state to worker 0, and from there to where it is kept."""
        self.member.settle()
        self.member.gather_averages()
        self.member.gather_state()
        state = None
        if self.member.rank == 0:
            self.result.seconds = seconds
            state = take_state(self.member.pipeline, self.member.optimizer, self.progress, self.result)
        self.reporter.checkpoint(self.progress.step, state)
