# SPDX-License-Identifier: Apache-2.0
"""`[training.distributed]`: how workers learn one pipeline together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from confection import Config

from ...config.config import ConfigError

SECTION = ("training", "distributed")


class Strategy(StrEnum):
    """Who changes which weights, and who waits for whom."""

    sync = "sync"
    owned = "owned"
    local = "local"


class Late(StrEnum):
    """What becomes of a gradient that is stale, but within `max_staleness`."""

    scale = "scale"
    use = "use"
    drop = "drop"


@dataclass(frozen=True, slots=True)
class DistributedSettings:
    """The values of the section, each with its default.

    `shards`: parts of each global batch under `sync`, whatever the number of workers. `quorum`: workers whose
    gradients make an update under `owned`, 0 for all. `max_staleness`: updates that an array may be ahead of
    the gradient that is added to it. `average_every`: steps between averages under `local`.
    `checkpoint_every`: steps between checkpoints, 0 for one at each evaluation. `min_workers`: as few as
    will do where machines leave, 0 for `workers`. `max_failures`: restarts after a worker's death, -1 without
    limit.
    """

    strategy: Strategy = Strategy.sync
    workers: int = 1
    shards: int = 4
    quorum: int = 0
    max_staleness: int = 2
    late: Late = Late.scale
    average_every: int = 16
    checkpoint_every: int = 0
    min_workers: int = 0
    max_failures: int = 3
    resize_seconds: float = 60.0
    storage: str | None = None

    @classmethod
    def from_section(cls, section: Mapping[str, Any]) -> DistributedSettings:
        """The settings that a section says. Raises: ConfigError with the key that does not fit."""
        known = {field.name for field in fields(cls)}
        for key in section:
            if key not in known:
                raise ConfigError((*SECTION, str(key)), f"unexpected; there are: {', '.join(sorted(known))}")
        values = dict(section)
        for key, kind in (("strategy", Strategy), ("late", Late)):
            if key in values:
                values[key] = _one_of(kind, values[key], key)
        settings = cls(**values)
        settings.check()
        return settings

    def check(self) -> None:
        """Raises: ConfigError where values cannot be followed together."""
        lowest = {"workers": 1, "shards": 1, "average_every": 1, "max_failures": -1}
        numbers = ("quorum", "max_staleness", "checkpoint_every", "min_workers")
        for key in (*lowest, *numbers):
            value, low = getattr(self, key), lowest.get(key, 0)
            if not isinstance(value, int) or isinstance(value, bool) or value < low:
                raise ConfigError((*SECTION, key), f"expected a whole number from {low} on, got {value!r}")
        if not isinstance(self.resize_seconds, int | float) or self.resize_seconds < 0:
            raise ConfigError((*SECTION, "resize_seconds"), f"expected seconds, got {self.resize_seconds!r}")
        for key in ("quorum", "min_workers"):
            if getattr(self, key) > self.workers:
                raise ConfigError(
                    (*SECTION, key), f"expected at most workers = {self.workers}, got {getattr(self, key)}"
                )
        if self.strategy is Strategy.sync and self.workers > self.shards:
            raise ConfigError(
                (*SECTION, "shards"),
                f"expected at least one shard a worker, got {self.shards} for {self.workers} workers; more "
                "shards are another, equally good run: give all runs that are to be the same this number",
            )

    def quorum_of(self, n_workers: int) -> int:
        """How many of the workers that are there make an update."""
        return min(self.quorum or n_workers, n_workers)


def split_section(config: Config) -> tuple[Config, dict[str, Any] | None]:
    """A copy without `[training.distributed]`, which says how a pipeline is trained and not what it is, and
    the values of the section; None where there is none."""
    copied = config.copy()
    return copied, copied["training"].pop(SECTION[1]) if has_section(copied) else None


def has_section(config: Mapping[str, Any]) -> bool:
    """Whether a config says how workers learn together."""
    training = config.get("training", {})
    return isinstance(training, Mapping) and isinstance(training.get(SECTION[1]), Mapping)


def _one_of(kind: type[StrEnum], value: object, key: str) -> StrEnum:
    try:
        return kind(str(value))
    except ValueError:
        known = " | ".join(kind)
        raise ConfigError((*SECTION, key), f"expected {known}, got {value!r}") from None
