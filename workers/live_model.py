# SPDX-License-Identifier: Apache-2.0
"""The model that annotates now: one value, read once per batch and swapped between batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas import ModelRef, Source, TextMessage

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


class LiveModel:
    """Holds the current model; `swap` takes effect at each thread's next batch, so no batch is split between two."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def current(self) -> Model:
        """The model of the next batch."""
        return self._model

    def swap(self, model: Model) -> Model:
        """Put another model in its place and return the one that was there."""
        before, self._model = self._model, model
        return before
