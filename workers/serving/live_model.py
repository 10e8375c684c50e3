# SPDX-License-Identifier: Apache-2.0
"""The models that annotate now: one value, read once per batch and changed between batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from schemas import ModelRef, Source, TextMessage

from ..transports.base import OutgoingRecord, Record

Lap = Callable[[str], None]
"""Called with a stage's name when the stage ends; the worker measures the time since the last call."""


class Annotate(Protocol):
    """Turns messages into the bytes of their annotations, one for each message and in their order."""

    def __call__(self, messages: Sequence[TextMessage], sources: Sequence[Source], lap: Lap) -> list[bytes]:
        """Annotate a micro-batch; safe to call from several threads at once."""


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model: how it is called and what it is named in every annotation."""

    ref: ModelRef
    annotate: Annotate


@dataclass(frozen=True, slots=True)
class Lineup:
    """Which model annotates what: a share of the keys goes to the canary, everything else to the champion."""

    champion: Model
    canary: Model | None = None
    canary_percent: int = 0


@dataclass(frozen=True, slots=True)
class Served:
    """A model's share of one batch: its records and what is written for them.

    `rescued` counts records that this model failed on and the one before it did not.
    """

    model: Model
    records: Sequence[Record]
    outgoing: Sequence[OutgoingRecord]
    rescued: int = 0


class Observer(Protocol):
    """Hears of every batch, on the annotating thread, so it must be quick."""

    def served(self, served: Served) -> None:
        """A model annotated records."""

    def broke(self, model: Model, error: Exception) -> None:
        """A model failed on text that is known to be good; another one took over."""


class LiveModel:
    """Holds the current model; a change takes effect at each thread's next batch, so no batch is split
    between two champions.

    The champion before the present one is kept, for going back without loading anything.
    """

    def __init__(self, model: Model) -> None:
        self._lineup = Lineup(model)
        self._lock = Lock()
        self.previous: Model | None = None
        self.observer: Observer | None = None

    def current(self) -> Model:
        """The champion of the next batch."""
        return self._lineup.champion

    def lineup(self) -> Lineup:
        """All models of the next batch: one value, to be read once per batch."""
        return self._lineup

    def swap(self, model: Model) -> Model:
        """Put another champion in its place and return the one that was there. A canary that becomes champion
        is one no longer."""
        with self._lock:
            before = self._lineup.champion
            keep = self._lineup.canary is not None and self._lineup.canary is not model
            self._lineup = replace(self._lineup, champion=model) if keep else Lineup(model)
            self.previous = before
        return before

    def set_canary(self, model: Model | None, percent: int = 0) -> None:
        """Give a share of the keys to another model, or to none."""
        with self._lock:
            self._lineup = Lineup(self._lineup.champion, model, percent if model else 0)

    def drop(self, broken: Model) -> bool:
        """Serve on without this model; False where nothing else is there to serve with."""
        with self._lock:
            lineup = self._lineup
            if lineup.canary is broken:
                self._lineup = Lineup(lineup.champion)
            elif lineup.champion is broken and self.previous is not None:
                self._lineup, self.previous = replace(lineup, champion=self.previous), None
            return self._lineup.champion is not broken
