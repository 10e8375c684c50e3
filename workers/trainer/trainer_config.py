# SPDX-License-Identifier: Apache-2.0
"""A learning config, read and checked: its values, the reader of corrections, and the settings of
`[learner]`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from confection import Config

from engine.config.config import ConfigError, interpolate_config
from engine.config.resolver import resolve
from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.training.loggers import Logger

from ..gate.holdout import chooses
from ..settings import TrainerSettings, read_trainer_settings
from .corrections_reader import KafkaCorrections

DEFAULT_MODEL = "en_starter"
NOT_LEARNED = (
    "registry",
    "name",
    "registry_id",
    "registry_accept",
    "gate",
    "promote",
    "candidate_idle_seconds",
    "candidate_idle_gap",
    "keep_versions",
)
"""Settings of `[learner]` that decide nothing about what is learned from the same records."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What a logger wants to know."""

    names: list[str]
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrainerConfig:
    """A learning config: as it was written, its values interpolated, the reader, and the settings of
    `[learner]`."""

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
    def text(self) -> str:
        """The config in its own form, interpolated."""
        return str(interpolate_config(self.config).to_str())

    @property
    def config_hash(self) -> str:
        """sha256 over what decides what is learned from the same records."""
        # What older configs had beside it is hashed as they had it, so that their states go on unchanged.
        values = {**TrainerSettings.ignored, **self.values.get("learner", {})}
        learner = {key: value for key, value in values.items() if key not in NOT_LEARNED}
        if not self.settings.adapter.rank:
            learner.pop("adapter", None)  # older configs have no such section
        training = {key: value for key, value in self.values["training"].items() if key != "logger"}
        hashed = json.dumps([training, learner], sort_keys=True, default=str)
        return hashlib.sha256(hashed.encode("utf8")).hexdigest()

    def logger(self, pipeline: Pipeline, stdout: Any, stderr: Any) -> Any:
        """The configured logger, at work."""
        make: Logger = resolve(self.config, "training.logger")
        return make(Logged(pipeline.names, self.values), stdout, stderr)

    def holdout(self, pipeline: Pipeline) -> tuple[list[Example], list[Example]]:
        """The fixed holdout, the dev corpus, if the config has one: what the gate judges by, and what
        candidates are made by."""
        parts: tuple[list[Example], list[Example]] = ([], [])
        for example in self._examples(str(self.values["training"]["dev_corpus"]), pipeline):
            parts[chooses(example.text, self.settings.choosing_percent)].append(example)
        return parts

    def base(self, pipeline: Pipeline) -> list[Example]:
        """What the first champion learned from, if the config says."""
        return self._examples(self.settings.base_corpus, pipeline)

    def _examples(self, section: str, pipeline: Pipeline) -> list[Example]:
        block = self.values.get("corpora", {}).get(section.rpartition(".")[2])
        if not block or block.get("path", "") is None:
            return []
        return list(resolve(self.config, section)(pipeline))


def read_trainer_config(config: Config, *, broker: str = "", registry: str = "") -> TrainerConfig:
    """What a config says of learning; `broker` and `registry` of the environment or the command line win.

    Raises: ConfigError, SettingsError with the place of what is wrong.
    """
    values = interpolate_config(config)
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
    return TrainerConfig(config, values, replace(reader, broker=broker or reader.broker), settings)
