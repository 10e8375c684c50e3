# SPDX-License-Identifier: Apache-2.0
"""Settings of the streaming trainer: the `[learner]` section, then the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from engine.training.stream_learner import LearnerSettings

from ..errors import SettingsError
from ..gate.settings import GateSettings

PLACE = "learner"


@dataclass(frozen=True, slots=True)
class TrainerSettings:
    """How corrections become versions. Durations in seconds; counts are of corrections that are learned; 0
    means never.

    `registry` and `name`: where versions and checkpoints are kept. `checkpoint_every`: a state is kept after
    the step in which so many were taken in. `candidate_every`, `candidate_seconds`: a candidate is made after
    so many, or so long after the first one that none has learned. `promote`: a candidate that passes the gate
    becomes champion at once. `base_corpus`: name of the section with what the champion learned from, for the
    reservoir; empty for none. `held_out_percent` of all documents, chosen by their id, are never learned, and
    the newest `held_out_kept` of their corrections judge candidates. `ids_kept`: correction ids that are
    remembered, so that a repeated one is passed over. `fading` and `drift_delta`: of progressive validation.
    `distillation`, `average` and `rates`: see the engine's `LearnerSettings`.
    """

    registry: str = "embedded:./.freshet"
    name: str = "default"
    checkpoint_every: int = 200
    candidate_every: int = 500
    candidate_seconds: float = 300.0
    promote: bool = True
    base_corpus: str = "corpora.base"
    held_out_percent: float = 10.0
    held_out_kept: int = 500
    ids_kept: int = 100_000
    max_text_chars: int = 1_000_000
    fading: float = 0.995
    drift_delta: float = 0.002
    distillation: float = 0.5
    average: float = 0.99
    rates: Mapping[str, float] = field(default_factory=dict)
    gate: GateSettings = field(default_factory=GateSettings)

    @property
    def learner(self) -> LearnerSettings:
        """What the engine needs of it."""
        return LearnerSettings(self.distillation, self.average, self.rates)


def read_trainer_settings(section: Mapping[str, Any], registry: str = "") -> TrainerSettings:
    """The settings of a config's `[learner]` section; `registry` given by the environment or the command line
    wins.

    Raises: SettingsError with the place, what was expected, what came and the names that exist.
    """
    defaults = {f.name: f.default if f.default is not MISSING else None for f in fields(TrainerSettings)}
    unknown = sorted(set(section) - set(defaults))
    if unknown:
        raise SettingsError(
            f"{PLACE} -> {unknown[0]}: no such setting; those that exist: {', '.join(sorted(defaults))}"
        )
    values = {name: _checked(name, value, defaults[name]) for name, value in section.items()}
    if registry:
        values["registry"] = registry
    return TrainerSettings(**values)


def _checked(name: str, value: Any, default: object) -> Any:
    if name == "gate":
        return GateSettings.of(value)
    if name == "rates":
        if isinstance(value, Mapping) and all(isinstance(rate, int | float) for rate in value.values()):
            return dict(value)
        raise SettingsError(
            f"{PLACE} -> rates: expected factors of the learn rate by pattern over parameters, got {value!r}"
        )
    if name == "base_corpus" and value is None:
        return ""
    kind = type(default)
    fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise SettingsError(
            f"{PLACE} -> {name}: expected {kind.__name__}, got {value!r} ({type(value).__name__})"
        )
    if not isinstance(value, str | bool) and value < 0:
        raise SettingsError(f"{PLACE} -> {name}: expected 0 or more, got {value!r}")
    if name == "held_out_percent" and value >= 100:
        raise SettingsError(
            f"{PLACE} -> {name}: expected less than 100 percent, got {value!r}: nothing would be left "
            "to learn"
        )
    return value
