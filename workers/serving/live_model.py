# SPDX-License-Identifier: Apache-2.0
"""The models that annotate now: one value, read once per batch and changed between batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from ..transports.base import OutgoingRecord, Record
from .model import Model


@dataclass(frozen=True, slots=True)
class Deployment:
    """Which model annotates what: a share of the keys goes to the canary, everything else to the champion.

    The shadow annotates a sample beside them, of which nothing is written.
    """

    champion: Model
    canary: Model | None = None
    canary_percent: int = 0
    shadow: Model | None = None


@dataclass(frozen=True, slots=True)
class BatchServed:
    """A model's share of one batch: its records and what is written for them.

    `n_fallback` counts records that this model failed on and another annotated in its place.
    """

    model: Model
    records: Sequence[Record]
    outgoing: Sequence[OutgoingRecord]
    n_fallback: int = 0


class AnnotationObserver(Protocol):
    """Hears of every batch, on the annotating thread, so it must be quick."""

    def on_batch(self, batch: BatchServed) -> None:
        """A model annotated records."""

    def on_break(self, model: Model, error: Exception) -> None:
        """A model failed on text that is known to be good; another one took over."""


class LiveModel:
    """Holds the current deployment; a change takes effect at each thread's next batch, so no batch is split
    between two champions.

    The champion before the present one is kept, for going back without loading anything.
    """

    def __init__(self, model: Model) -> None:
        self._deployment = Deployment(model)
        self._lock = Lock()
        self.previous: Model | None = None
        self.observer: AnnotationObserver | None = None

    def current(self) -> Model:
        """The champion of the next batch."""
        return self._deployment.champion

    def deployment(self) -> Deployment:
        """All models of the next batch: one value, to be read once per batch."""
        return self._deployment

    def swap(self, model: Model) -> Model:
        """Put another champion in its place and return the one that was there. A canary that becomes champion
        is one no longer."""
        with self._lock:
            before = self._deployment
            after = replace(before, champion=model)
            self._deployment = _without_canary(after) if before.canary is model else after
            self.previous = before.champion
        return before.champion

    def set_canary(self, model: Model | None, percent: int = 0) -> None:
        """Give a share of the keys to another model, or to none."""
        with self._lock:
            self._deployment = replace(self._deployment, canary=model, canary_percent=percent if model else 0)

    def set_shadow(self, model: Model | None) -> None:
        """Let another model annotate a sample beside the champion, or none."""
        with self._lock:
            self._deployment = replace(self._deployment, shadow=model)

    def evict(self, broken: Model) -> bool:
        """Serve on without this model; False where nothing else is there to serve with."""
        with self._lock:
            present = self._deployment
            if present.canary is broken:
                self._deployment = _without_canary(present)
            elif present.champion is broken and self.previous is not None:
                self._deployment, self.previous = replace(present, champion=self.previous), None
            return self._deployment.champion is not broken


def _without_canary(deployment: Deployment) -> Deployment:
    return replace(deployment, canary=None, canary_percent=0)
