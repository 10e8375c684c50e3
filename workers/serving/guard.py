# SPDX-License-Identifier: Apache-2.0
"""The guard: takes a version that does harm here out of service, at once in this worker, then in the
registry."""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Protocol

from ..model_registry import Head, Role, StaleHeadError
from ..settings import WorkerSettings
from .agreement import Agreement
from .live_model import BatchServed, LiveModel
from .model import Model
from .swap_metrics import SwapMetrics

log = logging.getLogger(__name__)

MIN_RECORDS = 20
"""Records before which a share says nothing."""
MAX_FALLBACK = 25
"""Records that no model may fail on, whatever the share: a slow stream shall not wait for its share."""
MIN_COMPARED = 200
"""Texts after which a shadow's or canary's agreement can speak against it."""


class RefusalKind(StrEnum):
    """What speaks against a version; the label of a metric."""

    LOAD = "load"
    BROKEN = "broken"
    ERRORS = "errors"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class RolloutRefusal:
    """Why this worker does not serve a version that the registry wants it to serve."""

    kind: RefusalKind
    reason: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


class HeadWriter(Protocol):
    """What the guard needs of a model registry."""

    def rollback(self, *, actor: str, reason: str, expected_epoch: int | None = None) -> Head:
        """Back to the champion before."""

    def set_shadow(self, number: int | None, *, actor: str, reason: str = "") -> Head:
        """Another shadow, or none."""

    def set_canary(self, number: int | None, percent: int = 0, *, actor: str, reason: str = "") -> Head:
        """Another canary, or none."""


class Guard:
    """Hears of every batch and every comparison, from several threads, and refuses versions that do harm.

    `number_of` says which version a model was loaded from.
    """

    def __init__(
        self,
        live: LiveModel,
        number_of: Callable[[Model], int | None],
        settings: WorkerSettings,
        metrics: SwapMetrics,
    ) -> None:
        self._live = live
        self._number_of = number_of
        self._min_agreement = settings.min_agreement
        self._metrics = metrics
        self._failures = FailureGuard(settings.max_rescued)
        self._lock = Lock()
        self._refusals: dict[int, RolloutRefusal] = {}
        self._actor = f"annotator {socket.gethostname()}:{os.getpid()}"

    @property
    def refusals(self) -> Mapping[int, RolloutRefusal]:
        """The versions that are not served, by number: a snapshot."""
        with self._lock:
            return dict(self._refusals)

    def check_batch(self, batch: BatchServed) -> None:
        """Count what the model failed on; too much of it ends its service."""
        if batch.n_fallback:
            self._metrics.note_fallback(batch.n_fallback)
        harm = self._failures.note(batch.model.ref.version, len(batch.records), batch.n_fallback)
        if harm and self._live.evict(batch.model):
            self._refuse_model(batch.model, RolloutRefusal(RefusalKind.ERRORS, harm))

    def check_agreement(self, model: Model, sums: Agreement) -> None:
        """Show how far a shadow or canary agrees with the champion; too little of it ends its service."""
        role = Role.CANARY if self._live.deployment().canary is model else Role.SHADOW
        self._metrics.set_agreement(role, sums)
        if sums.documents >= MIN_COMPARED and sums.lowest < self._min_agreement:
            rates = ", ".join(f"{layer} {rate:.2f}" for layer, rate in sums.rates().items())
            reason = f"it says too little of what the champion says ({rates})"
            self._refuse_model(model, RolloutRefusal(RefusalKind.AGREEMENT, reason))

    def note_break(self, model: Model, error: Exception) -> None:
        """A model failed for good, and was evicted."""
        self._refuse_model(model, RolloutRefusal(RefusalKind.BROKEN, str(error)))

    def refuse(self, number: int, refusal: RolloutRefusal) -> bool:
        """Do not serve this version; False where it was refused already."""
        with self._lock:
            if number in self._refusals:
                return False
            self._refusals[number] = refusal
            return True

    def begin(self, model: Model) -> None:
        """A version was loaded: what was counted against an earlier load of it is forgotten."""
        self._failures.forget(model.ref.version)

    def roll_back(self, head: Head, registry: HeadWriter) -> list[int]:
        """Ask the registry to take refused versions out of service. Returns: those that it has taken out of
        every role by now; their refusals end with that."""
        ended = []
        for number, refusal in self.refusals.items():
            reason = str(refusal)
            try:
                if number == head.champion and head.previous is not None:
                    registry.rollback(actor=self._actor, reason=reason, expected_epoch=head.champion_epoch)
                elif number == head.canary:
                    registry.set_canary(None, actor=self._actor, reason=reason)
                elif number == head.shadow:
                    registry.set_shadow(None, actor=self._actor, reason=reason)
                elif number != head.champion:
                    ended.append(number)
            except StaleHeadError:
                log.info("version %d was withdrawn by somebody else", number)
        with self._lock:
            for number in ended:
                del self._refusals[number]
        return ended

    def _refuse_model(self, model: Model, refusal: RolloutRefusal) -> None:
        number = self._number_of(model)
        if number is not None and self.refuse(number, refusal):
            self._metrics.note_rollback(refusal.kind)
            log.error("version %d is not served any more: %s", number, refusal.reason)


class FailureGuard:
    """Counts, per version and from several threads, the records that it failed on and another model did
    not."""

    def __init__(self, max_share: float) -> None:
        self._max_share = max_share
        self._lock = Lock()
        self._records: Counter[str] = Counter()
        self._fallback: Counter[str] = Counter()

    def note(self, version: str, n_records: int, n_fallback: int) -> str:
        """Count one batch; why the version must not serve on, empty where it may.

        >>> guard = FailureGuard(0.02)
        >>> guard.note("7", 1000, 1)
        ''
        >>> guard.note("7", 500, 40)
        'it failed on 41 of 1,500 records that another model annotated'
        """
        with self._lock:
            self._records[version] += n_records
            self._fallback[version] += n_fallback
            total, failed = self._records[version], self._fallback[version]
        too_many = failed > MAX_FALLBACK or (total >= MIN_RECORDS and failed > self._max_share * total)
        return (
            f"it failed on {failed:,} of {total:,} records that another model annotated"
            if n_fallback and too_many
            else ""
        )

    def forget(self, version: str) -> None:
        """Begin anew with this version."""
        with self._lock:
            del self._records[version], self._fallback[version]
