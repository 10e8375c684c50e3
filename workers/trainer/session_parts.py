# SPDX-License-Identifier: Apache-2.0
"""What a session works with, as a config describes it: learner, optimizer, batcher, filter and scores."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thinc.api import Optimizer

from engine.config.config import ConfigError
from engine.config.resolver import resolve
from engine.errors import EngineError
from engine.pipeline.pipeline import Pipeline
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


@dataclass(slots=True)
class SessionParts:
    """What a session works with. `reservoir` is the batcher's, if it has one; `growing`: heads that get the
    labels that corrections bring."""

    learner: StreamLearner
    optimizer: Optimizer
    batcher: Batcher
    schedules: ScheduleState
    reservoir: Reservoir[KeyedExample] | None
    examples: ExampleFactory
    filter: CorrectionFilter
    progressive: ProgressiveValidation
    loop: LoopSettings
    stream_evidence: StreamEvidence
    config_hash: str = ""
    growing: Sequence[str] = ()


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
    learning = LearnerSettings(settings.distillation, settings.average, settings.rates)
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
        ),
        progressive=ProgressiveValidation(settings.fading, settings.drift_delta),
        loop=replace(
            LoopSettings.from_section(training), patience=0, max_steps=0
        ),  # a stream has no end and no best step
        stream_evidence=StreamEvidence(settings.gate.max_author_share),
        config_hash=config.config_hash,
        growing=_growing(settings.grow_labels, student),
    )


def reservoir_of(batcher: Any) -> Reservoir[KeyedExample] | None:
    """The reservoir of a batcher that rehearses, wherever in it that is."""
    found = getattr(batcher, "reservoir", None)
    if isinstance(found, Reservoir):
        return found
    inner = getattr(batcher, "batcher", None)
    return None if inner is None else reservoir_of(inner)


def _growing(names: Sequence[str], student: Pipeline) -> list[str]:
    try:
        return chosen_heads(student, names)
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
