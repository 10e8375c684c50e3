# SPDX-License-Identifier: Apache-2.0
"""Prometheus metrics of the models that a worker gets from a registry."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ..model_registry import Role
from .agreement import Agreement

SWAP_BOUNDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)


class SwapMetrics:
    """Metrics of the updater, beside those of the worker."""

    def __init__(self, registry: CollectorRegistry, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._add_registry_metrics(registry)
        self._add_model_metrics(registry)

    def _add_registry_metrics(self, registry: CollectorRegistry) -> None:
        self._head = Gauge(
            "freshet_registry_head_timestamp_seconds",
            "Time at which the head was last read.",
            registry=registry,
        )
        self._epoch = Gauge(
            "freshet_registry_epoch", "Epoch of the head that was read last.", registry=registry
        )
        self._reachable = Gauge(
            "freshet_registry_reachable", "1 while the registry answers.", registry=registry
        )
        self._known = Gauge(
            "freshet_registry_known",
            "0 while the registry is another one than before, or was put back; it is not followed then.",
            registry=registry,
        )
        self._known.set(1)
        self._errors = Counter(
            "freshet_registry_errors", "Requests to the registry that failed.", registry=registry
        )

    def _add_model_metrics(self, registry: CollectorRegistry) -> None:
        self._swaps = Histogram(
            "freshet_model_swap_duration_seconds",
            "From a new head to its model's first batch.",
            buckets=SWAP_BOUNDS,
            registry=registry,
        )
        self._refused = Counter(
            "freshet_model_swap_failures", "Versions that were not served.", ["reason"], registry=registry
        )
        self._rollbacks = Counter(
            "freshet_model_rollbacks",
            "Times that this worker went back by itself.",
            ["reason"],
            registry=registry,
        )
        self._fallback = Counter(
            "freshet_rescued_records",
            "Records that a new model failed on and another did not.",
            registry=registry,
        )
        self._canary = Gauge(
            "freshet_canary_percent", "Share of the keys that the canary annotates.", registry=registry
        )
        self._agreement = Gauge(
            "freshet_shadow_agreement",
            "Share of answers as the champion's.",
            ["role", "layer"],
            registry=registry,
        )
        self._documents = Gauge(
            "freshet_shadow_documents", "Texts that were compared.", ["role"], registry=registry
        )

    def note_head(self, epoch: int) -> None:
        """The registry said where its head is."""
        self._head.set(self._wall())
        self._epoch.set(epoch)
        self._reachable.set(1)
        self._known.set(1)

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
