# SPDX-License-Identifier: Apache-2.0
"""A trainer's metrics for Prometheus, and whether it lives and is ready; calls are for a step or rarer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from ..http.health import Health
from ..metrics.catalogue import (
    CANDIDATES,
    CHECKPOINT,
    CHECKPOINTS,
    TRAINER_ACTIVE,
    TRAINER_CORRECTIONS,
    TRAINER_FENCE,
    TRAINER_HEARTBEAT,
    TRAINER_LOSS,
    TRAINER_SCORE,
    TRAINER_STEPS,
    TRAINER_WATERMARK,
)
from .session import Session

PATIENCE = 900.0
"""Seconds without a sign after which a trainer counts as dead: judging a candidate and consolidating take
minutes, in which nothing is polled."""


class TrainerTelemetry:
    """What a trainer tells of itself. `wall` gives seconds since 1970, `clock` measures."""

    def __init__(
        self, wall: Callable[[], float] = time.time, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.registry = registry = CollectorRegistry()
        self.health = Health(PATIENCE, clock)
        self._wall = wall
        self._active, self._fence = TRAINER_ACTIVE.gauge(registry), TRAINER_FENCE.gauge(registry)
        self._heartbeat, self._steps = TRAINER_HEARTBEAT.gauge(registry), TRAINER_STEPS.counter(registry)
        self._corrections = TRAINER_CORRECTIONS.counter(registry)
        self._loss, self._score = TRAINER_LOSS.gauge(registry), TRAINER_SCORE.gauge(registry)
        self._watermark = TRAINER_WATERMARK.gauge(registry)
        self._checkpoint, self._checkpoints = CHECKPOINT.gauge(registry), CHECKPOINTS.counter(registry)
        self._candidates = CANDIDATES.counter(registry)
        self._counted: Mapping[str, int] = {}

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def beat(self) -> None:
        """It looked for corrections, or went a step further."""
        self.health.beat()
        self._heartbeat.set(self._wall())

    def note_fence(self, fence: int) -> None:
        """It took over: whoever has a lower fence may write no more."""
        self._fence.set(fence)
        self._active.set(1)

    def note_fenced(self) -> None:
        """Another trainer took over; this one may write no more."""
        self._active.set(0)
        self.health.failing = "another trainer took over"

    def note_session(self, session: Session) -> None:
        """It learns, from where the session stands."""
        self._checkpoint.set(self._wall())
        self._counted = dict(session.parts.filter.counts)
        self._watermark.set_function(lambda: session.stream.newest_ms / 1000)
        self.health.warm = self.health.joined = True

    def note_step(self, row: Mapping[str, Any]) -> None:
        """A batch was learned; `row` is what the registry's stream of metrics says of it."""
        self._steps.inc()
        for component, loss in row["update"].items():
            self._loss.labels(component).set(loss)
        for layer, score in row["progressive"].items():
            self._score.labels(layer).set(score)
        for outcome, count in row["counts"].items():
            self._corrections.labels(outcome).inc(max(0, count - self._counted.get(outcome, 0)))
        self._counted = dict(row["counts"])

    def note_checkpoint(self, why: str) -> None:
        """The state was committed."""
        self._checkpoint.set(self._wall())
        self._checkpoints.labels(why).inc()

    def note_candidate(self, state: str) -> None:
        """A version was proposed, and judged."""
        self._candidates.labels(state).inc()
