# SPDX-License-Identifier: Apache-2.0
"""Settings of the gate: the `[learner.gate]` section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from ..errors import SettingsError

PLACE = "learner -> gate"


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What a candidate must show. F scores are fractions from 0 to 1.

    `tolerance`: F that a layer may lose on the holdout, at the lower end of the confidence interval;
    `label_tolerance` the same for single labels of `guarded_label_layers` that stand `min_label_support`
    times in the holdout. `guarded_layers` empty means all that the holdout annotates. `min_gain`: mean F over
    the layers of recent held-out corrections must rise by more than this. `max_negative_flips`: share of a
    layer's right answers that may become wrong. `max_latency_ratio` and `max_size_ratio`: CPU time and bytes
    of weights against the champion's. `min_regret`: held-out corrections from which on the champion is
    compared with the one before, and taken back where it is worse; 0 means never.
    """

    tolerance: float = 0.01
    label_tolerance: float = 0.05
    confidence: float = 0.95
    resamples: int = 1000
    seed: int = 0
    guarded_layers: tuple[str, ...] = ()
    guarded_label_layers: tuple[str, ...] = ("ents", "cats")
    min_label_support: int = 20
    min_holdout: int = 1
    min_recent: int = 1
    min_gain: float = 0.0
    max_negative_flips: float = 0.05
    max_latency_ratio: float = 1.5
    max_size_ratio: float = 1.5
    min_regret: int = 30

    def __post_init__(self) -> None:
        for name in ("tolerance", "label_tolerance", "max_negative_flips"):
            _within(name, getattr(self, name), 0, 1)
        _within("confidence", self.confidence, 0.5, 0.9999)
        _within("min_gain", self.min_gain, -1, 1)
        for name in ("resamples", "min_label_support"):
            _within(name, getattr(self, name), 1, float("inf"))
        for name in ("seed", "min_holdout", "min_recent", "min_regret"):
            _within(name, getattr(self, name), 0, float("inf"))
        for name in ("max_latency_ratio", "max_size_ratio"):
            _within(name, getattr(self, name), 0.01, float("inf"))

    @classmethod
    def of(cls, section: Mapping[str, object]) -> GateSettings:
        """From a config section. Raises: SettingsError with the place, what was expected, what came and the
        names that exist.

        >>> GateSettings.of({"tolerance": 0.02, "guarded_layers": ["ents"]}).guarded_layers
        ('ents',)
        """
        defaults = asdict(cls())
        unknown = sorted(set(section) - set(defaults))
        if unknown:
            raise SettingsError(
                f"{PLACE} -> {unknown[0]}: no such setting; those that exist: "
                f"{', '.join(f.name for f in fields(cls))}"
            )
        return cls(**{name: _coerced(name, value, defaults[name]) for name, value in section.items()})  # type: ignore[arg-type]  # by _coerced


def _coerced(name: str, value: object, default: object) -> object:
    if isinstance(default, tuple):
        if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise SettingsError(f"{PLACE} -> {name}: expected a list of names, got {value!r}")
    kinds = (int,) if isinstance(default, int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise SettingsError(
            f"{PLACE} -> {name}: expected {type(default).__name__}, got {value!r} ({type(value).__name__})"
        )
    return value


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise SettingsError(f"{PLACE} -> {name}: expected a number from {low:g} to {high:g}, got {value!r}")
