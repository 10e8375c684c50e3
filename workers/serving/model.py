# SPDX-License-Identifier: Apache-2.0
"""What a worker takes for a model: a name, and texts to the bytes of their annotations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from schemas import ModelRef, Route, Source, TextMessage

from .adapters import FittedAdapters, ServedAdapter

StageTimer = Callable[[str], None]
"""Called with a stage's name when the stage ends; the worker measures the time since the last call."""


def untimed(stage: str) -> None:
    """The timer of a batch whose stages nobody measures."""


class Routed(NamedTuple):
    """An annotation that says what is to become of it, and which way that is, where a worker marks them; and
    how many pieces of its text a limit left out."""

    value: bytes
    route: Route | None
    pieces_cut: int = 0


Annotated = bytes | Routed
"""An annotation, of a worker that marks them or of one that does not."""


class Model(Protocol):
    """A loaded model; the one that serves is `PipelineModel`."""

    @property
    def ref(self) -> ModelRef:
        """How every annotation names the model that made it."""

    def annotate(
        self, messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer = untimed
    ) -> Sequence[Annotated]:
        """The annotations of a micro-batch, one for each message and in their order; safe to call from
        several threads at once."""


@runtime_checkable
class AdaptedModel(Model, Protocol):
    """A model whose texts may choose an adapter."""

    @property
    def adapters(self) -> FittedAdapters | None:
        """What they choose from; None where there is no choice."""

    def annotate_adapted(
        self,
        messages: Sequence[TextMessage],
        sources: Sequence[Source],
        timer: StageTimer,
        adapters: Sequence[ServedAdapter | None],
    ) -> Sequence[Annotated]:
        """As `annotate`, each text read with its adapter."""
