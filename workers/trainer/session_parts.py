# SPDX-License-Identifier: Apache-2.0
"""What a session works with, as a config describes it: learner, optimizer, batcher, filter and scores."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from thinc.api import Optimizer

from engine.config.config import ConfigError
from engine.config.resolver import resolve
from engine.errors import EngineError
from engine.pipeline.pipeline import Pipeline
from engine.training.adapters import AdapterPlan, adapt, frozen_rates
from engine.training.batchers import Batcher
from engine.training.growth import chosen_heads
from engine.training.keyed_example import KeyedExample
from engine.training.loop import LoopSettings
from engine.training.progressive_validation import ProgressiveValidation
from engine.training.random_state import seed_all
from engine.training.reservoir import Reservoir
from engine.training.stream_learner import LearnerSettings, StreamLearner

from ..gate import StreamEvidence
from .author_ledger import AuthorLedger
from .correction_filter import CorrectionFilter
from .example_factory import ExampleFactory
from .schedules import ScheduleState, resolve_resumable
from .trainer_config import TrainerConfig

LONGEST_LABEL = 100
"""Code points of a new label at most: every annotation carries it."""


@dataclass(slots=True)
class SessionParts:
    """What a session works with. `reservoir` is the batcher's, if it has one; `growing`: heads that get the
    labels that corrections bring, `grow_limit` of them each."""

    learner: StreamLearner
    optimizer: Optimizer
    batcher: Batcher
    schedules: ScheduleState
    reservoir: Reservoir[KeyedExample] | None
    examples: ExampleFactory
    filter: CorrectionFilter
    progressive: ProgressiveValidation
    loop: LoopSettings
    new_optimizer: Callable[[], Optimizer]
    """Another optimizer of the same settings."""
    stream_evidence: StreamEvidence
    seed: int = 0
    config_hash: str = ""
    growing: Sequence[str] = ()
    grow_limit: int = 0
    adapt: Callable[[Pipeline], None] = lambda pipeline: None
    """Gives a pipeline of before the adapters that the student learns."""

    def labels_to_learn(self, labels: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Of labels that heads lack those that they get: of the heads that grow, as long as there is room."""
        found = {}
        for name in self.growing:
            room = self.grow_limit - len(self.learner.grown.get(name, ()))
            fitting = [label for label in labels.get(name, ()) if len(label) <= LONGEST_LABEL]
            if more := fitting[: max(room, 0)]:
                found[name] = more
        return found


def make_parts(
    config: TrainerConfig, student: Pipeline, taken: Mapping[str, int] | None = None
) -> SessionParts:
    """Fresh parts around the pipeline that learns, all generators seeded; `taken`: how many values of the
    batcher's schedules were used before.

    Raises: ConfigError where the config names a component that the pipeline lacks.
    """
    if config.seed is not None:
        seed_all(config.seed)
    training, settings = resolve(config.config, "training"), config.settings
    _check_names(training, student)
    plan = _adapter_plan(config)
    rates = dict(settings.rates)
    if plan is not None:
        _adapt(student, plan)
        if not plan.heads:
            frozen = frozen_rates(student)
            rates = frozen | rates | frozen  # before all others, for the first pattern that matches counts
    learning = LearnerSettings(settings.distillation, settings.average, rates, settings.average_ramp)
    schedules, examples = ScheduleState(taken), ExampleFactory(student)
    batcher = resolve_resumable(config.values["training"]["batcher"], schedules, ("training", "batcher"))
    return SessionParts(
        learner=StreamLearner(student, None, learning),
        optimizer=training["optimizer"],
        batcher=batcher,
        schedules=schedules,
        reservoir=reservoir_of(batcher),
        examples=examples,
        filter=CorrectionFilter(
            examples,
            percent=settings.held_out_percent,
            n_recent=settings.held_out_kept,
            n_ids=settings.ids_kept,
            max_text_chars=config.reader.max_text_chars,
            authors=AuthorLedger(settings.authors),
            choosing_percent=settings.choosing_percent,
        ),
        progressive=ProgressiveValidation(settings.fading, settings.drift_delta),
        loop=replace(
            LoopSettings.from_section(training), patience=0, max_steps=0
        ),  # a stream has no end and no best step
        new_optimizer=lambda: resolve(config.config, "training.optimizer"),
        seed=config.seed or 0,
        stream_evidence=StreamEvidence(settings.gate.max_author_share),
        config_hash=config.config_hash,
        growing=_growing(settings.grow_labels, student, training["frozen_components"]),
        grow_limit=settings.grow_limit,
        **({} if plan is None else {"adapt": partial(_adapt, plan=plan)}),
    )


def _adapter_plan(config: TrainerConfig) -> AdapterPlan | None:
    """The adapters that are learned; None where all weights are."""
    wanted = config.settings.adapter
    if not wanted.rank:
        return None
    targets: Sequence[str] | str = wanted.target_modules
    if tuple(targets) == ("all-linear",):
        targets = "all-linear"
    return AdapterPlan(wanted.rank, wanted.alpha, wanted.dropout, targets, wanted.heads, config.seed or 0)


def _adapt(pipeline: Pipeline, plan: AdapterPlan) -> None:
    try:
        adapt(pipeline, plan)
    except EngineError as error:
        raise ConfigError(("learner", "adapter"), str(error)) from None


def reservoir_of(batcher: Any) -> Reservoir[KeyedExample] | None:
    """The reservoir of a batcher that rehearses, wherever in it that is."""
    found = getattr(batcher, "reservoir", None)
    if isinstance(found, Reservoir):
        return found
    inner = getattr(batcher, "batcher", None)
    return None if inner is None else reservoir_of(inner)


def _growing(names: Sequence[str], student: Pipeline, frozen: Sequence[str]) -> list[str]:
    """Heads that get new labels: those that are chosen and learn at all."""
    try:
        return [name for name in chosen_heads(student, names) if name not in frozen]
    except EngineError as error:
        raise ConfigError(("learner", "grow_labels"), str(error)) from None


def _check_names(training: Mapping[str, Any], student: Pipeline) -> None:
    for key, name in itertools.chain.from_iterable(
        ((k, n) for n in training[k]) for k in ("frozen_components", "annotating_components")
    ):
        if name not in student.names:
            raise ConfigError(
                ("training", key),
                f"expected names of components, got {name!r}; there are: {', '.join(student.names)}",
            )
