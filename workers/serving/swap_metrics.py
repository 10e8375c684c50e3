# SPDX-License-Identifier: Apache-2.0
"""Prometheus metrics of the models that a worker gets from a registry."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from ..metrics.catalogue import (
    AGREEMENT,
    CANARY,
    HEAD_READ,
    KNOWN,
    MODEL_EPOCH,
    REACHABLE,
    REGISTRY_EPOCH,
    REGISTRY_ERRORS,
    RESCUED,
    ROLLBACKS,
    SHADOW_DOCUMENTS,
    SWAP_FAILURES,
    SWAPS,
)
from ..model_registry import Role
from .agreement import Agreement


class SwapMetrics:
    """Metrics of the updater, beside those of the worker."""

    def __init__(self, registry: CollectorRegistry, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._add_registry_metrics(registry)
        self._add_model_metrics(registry)

    def _add_registry_metrics(self, registry: CollectorRegistry) -> None:
        self._head, self._epoch = HEAD_READ.gauge(registry), REGISTRY_EPOCH.gauge(registry)
        self._reachable, self._known = REACHABLE.gauge(registry), KNOWN.gauge(registry)
        self._known.set(1)
        self._errors = REGISTRY_ERRORS.counter(registry)

    def _add_model_metrics(self, registry: CollectorRegistry) -> None:
        self._served_epoch, self._swaps = MODEL_EPOCH.gauge(registry), SWAPS.histogram(registry)
        self._refused, self._rollbacks = SWAP_FAILURES.counter(registry), ROLLBACKS.counter(registry)
        self._fallback, self._canary = RESCUED.counter(registry), CANARY.gauge(registry)
        self._agreement, self._documents = AGREEMENT.gauge(registry), SHADOW_DOCUMENTS.gauge(registry)

    def note_head(self, epoch: int) -> None:
        """The registry said where its head is."""
        self._head.set(self._wall())
        self._epoch.set(epoch)
        self._reachable.set(1)
        self._known.set(1)

    def note_served(self, epoch: int) -> None:
        """What the head of this epoch names as champion is what serves."""
        self._served_epoch.set(epoch)

    def note_failure(self) -> None:
        """The registry did not answer."""
        self._errors.inc()
        self._reachable.set(0)

    def note_unknown(self) -> None:
        """The registry answered, and is not followed."""
        self._reachable.set(1)
        self._known.set(0)

    def note_swap(self, seconds: float) -> None:
        """Another champion serves."""
        self._swaps.observe(seconds)

    def note_refusal(self, reason: str) -> None:
        """A version was not taken; `reason` is the error's kind."""
        self._refused.labels(reason).inc()

    def note_rollback(self, reason: str) -> None:
        """This worker serves without a version that the registry still wants."""
        self._rollbacks.labels(reason).inc()

    def note_fallback(self, n_records: int) -> None:
        """So many records were annotated by another model in place of dead letters."""
        self._fallback.inc(n_records)

    def set_canary(self, percent: int) -> None:
        """The canary's share."""
        self._canary.set(percent)

    def set_agreement(self, role: Role, sums: Agreement) -> None:
        """How far a shadow or canary agrees with the champion."""
        self._documents.labels(role).set(sums.documents)
        for layer, rate in sums.rates().items():
            self._agreement.labels(role, layer).set(rate)
