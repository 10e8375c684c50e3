# SPDX-License-Identifier: Apache-2.0
"""A learning config, read and checked, and the sessions that it describes."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from confection import Config

from engine.config.config import ConfigError, interpolated, resolve
from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.training.keyed_example import KeyedExample
from engine.training.loggers import Logger
from engine.training.loop import LoopSettings
from engine.training.progressive import Progressive
from engine.training.random_state import seed_all
from engine.training.reservoir import Reservoir
from engine.training.stream_learner import StreamLearner

from .candidates import Origin
from .correction_filter import DOCUMENT, Intake
from .corrections_reader import KafkaCorrections
from .schedules import Counters, resolve_counted
from .session import Parts, Session, Watcher
from .settings import TrainerSettings, read_trainer_settings
from .source import Director

DEFAULT_MODEL = "en_starter"
NOT_LEARNED = ("registry", "name", "gate", "promote")
"""Settings of `[learner]` that decide nothing about what is learned from the same records."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What a logger wants to know."""

    names: list[str]
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """A learning config: its values, the reader of corrections, and the settings of `[learner]`."""

    config: Config
    values: Mapping[str, Any]
    reader: KafkaCorrections
    settings: TrainerSettings

    @property
    def model(self) -> str:
        """The pipeline to begin with where the registry has no champion."""
        return str(self.values.get("paths", {}).get("model") or DEFAULT_MODEL)

    @property
    def seed(self) -> int | None:
        """Of all random generators."""
        seed: int | None = self.values["training"]["seed"]
        return seed

    @property
    def config_hash(self) -> str:
        """sha256 over what decides what is learned from the same records."""
        learner = {
            key: value for key, value in self.values.get("learner", {}).items() if key not in NOT_LEARNED
        }
        training = {key: value for key, value in self.values["training"].items() if key != "logger"}
        told = json.dumps([training, learner], sort_keys=True, default=str)
        return hashlib.sha256(told.encode("utf8")).hexdigest()

    @property
    def origin(self) -> Origin:
        """What the lineage of its candidates tells."""
        return Origin(self.reader.topic, self.seed, interpolated(self.config).to_str(), self.config_hash)

    def logger(self, pipeline: Pipeline, stdout: Any, stderr: Any) -> Any:
        """The configured logger, at work."""
        make: Logger = resolve(self.config, "training.logger")
        return make(Logged(pipeline.names, self.values), stdout, stderr)

    def holdout(self, pipeline: Pipeline) -> list[Example]:
        """The fixed holdout of the gate: the dev corpus, if the config has one."""
        return self._examples(str(self.values["training"]["dev_corpus"]), pipeline)

    def base(self, pipeline: Pipeline) -> list[Example]:
        """What the first champion learned from, if the config says."""
        return self._examples(self.settings.base_corpus, pipeline)

    def _examples(self, section: str, pipeline: Pipeline) -> list[Example]:
        block = self.values.get("corpora", {}).get(section.rpartition(".")[2])
        if not block or block.get("path", "") is None:
            return []
        return list(resolve(self.config, section)(pipeline))


def read_plan(config: Config, *, broker: str = "", registry: str = "") -> Plan:
    """The plan of a config; `broker` and `registry` of the environment or the command line win.

    Raises: ConfigError, SettingsError with the place of what is wrong.
    """
    values = interpolated(config)
    settings = read_trainer_settings(values.get("learner", {}), registry)
    if "training" not in values:
        raise ConfigError(("training",), "expected this section; configs/learn.cfg is an example")
    section = str(values["training"].get("train_corpus", "corpora.train"))
    reader = resolve(config, section)
    if not isinstance(reader, KafkaCorrections):
        path = (*section.split("."), "@readers")
        raise ConfigError(
            path,
            "expected freshet.KafkaCorrections.v1, whose positions can be kept; other corpora are for "
            "`freshet train`",
        )
    return Plan(config, values, replace(reader, broker=broker or reader.broker), settings)


def make_session(
    plan: Plan,
    student: Pipeline,
    director: Director,
    watcher: Watcher,
    clock: Callable[[], float],
    *,
    taken: Mapping[str, int] | None = None,
) -> Session:
    """A fresh session around a pipeline; `taken`: how many values of the batcher's schedules were used
    before."""
    if plan.seed is not None:
        seed_all(plan.seed)
    training, settings = resolve(plan.config, "training"), plan.settings
    _check_names(training, student)
    counters = Counters(taken)
    batcher = resolve_counted(plan.values["training"]["batcher"], counters, ("training", "batcher"))
    parts = Parts(
        learner=StreamLearner(student, None, settings.learner),
        optimizer=training["optimizer"],
        batcher=batcher,
        counters=counters,
        reservoir=reservoir_of(batcher),
        intake=Intake(
            student,
            percent=settings.held_out_percent,
            n_recent=settings.held_out_kept,
            n_ids=settings.ids_kept,
            max_text_chars=plan.reader.max_text_chars,
            on_refused=watcher.refused,
        ),
        progressive=Progressive(settings.fading, settings.drift_delta),
        loop=replace(
            LoopSettings.from_section(training), patience=0, max_steps=0
        ),  # a stream has no end and no best step
        config_hash=plan.config_hash,
    )
    return Session(parts, director, watcher, clock)


def begin(session: Session, plan: Plan, start: int, positions: Mapping[int, int]) -> None:
    """Make a fresh session the first of a version: the base goes into the reservoir, reading starts at these
    positions."""
    session.start = start
    session.first, session.positions = dict(positions), dict(positions)
    reservoir, pipeline = session.parts.reservoir, session.parts.learner.pipeline
    for i, example in enumerate(plan.base(pipeline) if reservoir is not None else []):
        source = DOCUMENT + json.dumps(example.reference.to_json(), ensure_ascii=False, sort_keys=True)
        key = f"base:{i}"
        assert reservoir is not None
        reservoir.add_base(key, session.parts.intake.remade(key, source))


def reservoir_of(batcher: Any) -> Reservoir[KeyedExample] | None:
    """The reservoir of a batcher that rehearses, wherever in it that is."""
    found = getattr(batcher, "reservoir", None)
    if isinstance(found, Reservoir):
        return found
    inner = getattr(batcher, "batcher", None)
    return None if inner is None else reservoir_of(inner)


def _check_names(training: Mapping[str, Any], student: Pipeline) -> None:
    for key, name in itertools.chain.from_iterable(
        ((k, n) for n in training[k]) for k in ("frozen_components", "annotating_components")
    ):
        if name not in student.names:
            raise ConfigError(
                ("training", key),
                f"expected names of components, got {name!r}; there are: {', '.join(student.names)}",
            )
