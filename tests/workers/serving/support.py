# SPDX-License-Identifier: Apache-2.0
"""A model registry in memory, with faults to be set."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from schemas import ModelRef
from tests.workers.support import FunctionModel
from workers.model_registry import (
    Head,
    Lineage,
    RegistryError,
    StaleHeadError,
    UnknownVersionError,
    UnreachableError,
    Version,
    VersionState,
)
from workers.serving import LiveModel, Model, ModelLoader, wait_for_champion
from workers.settings import WorkerSettings


@dataclass
class FakeRegistry:
    """A registry in memory, of models by number, with faults to be set."""

    models: dict[int, Model | Exception] = field(default_factory=dict)
    head: Head = field(default_factory=Head)
    away: bool = False
    done: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, number: int, model: Model | Exception) -> None:
        """Have a version, or a fault in its place."""
        self.models[number] = model

    def place(self, **changes: int | None) -> None:
        """Move the head."""
        with self.changed:
            epoch = self.head.epoch + 1
            if changes.get("champion", self.head.champion) != self.head.champion:
                changes = {"previous": self.head.champion, "champion_epoch": epoch, **changes}
            self.head = replace(self.head, epoch=epoch, **changes)
            self.changed.notify_all()

    def wait(self, epoch: int, timeout: float) -> Head:
        """The head, soon."""
        self._answer()
        with self.changed:
            self.changed.wait_for(lambda: self.head.epoch != epoch, min(timeout, 0.05))
        self._answer()
        return self.head

    def version(self, number: int) -> Version:
        """A version with a watermark of its own."""
        self._answer()
        if number not in self.models:
            raise UnknownVersionError(f"no version {number}")
        return Version(
            number,
            VersionState.CHAMPION,
            None,
            f"digest-{number}",
            Lineage(),
            {"0": number * 10},
            {},
            None,
            "now",
            "test",
            {},
        )

    def fetch(self, number: int, into: Path) -> Path:
        """A folder that says which version it is."""
        self._answer()
        model = self.models[number]
        if isinstance(model, Exception) and isinstance(model, RegistryError):
            raise model
        into.mkdir(parents=True, exist_ok=True)
        return into

    def rollback(self, *, actor: str, reason: str, expected_epoch: int | None = None) -> Head:
        """Back to the champion before."""
        self._answer()
        if expected_epoch != self.head.champion_epoch:
            raise StaleHeadError("another champion")
        self.done.append(f"rollback {self.head.champion}: {reason}")
        self.place(champion=self.head.previous, previous=None)
        return self.head

    def set_shadow(self, number: int | None, *, actor: str, reason: str = "") -> Head:
        """Another shadow."""
        self.done.append(f"shadow {number}: {reason}")
        self.place(shadow=number)
        return self.head

    def set_canary(self, number: int | None, percent: int = 0, *, actor: str, reason: str = "") -> Head:
        """Another canary."""
        self.done.append(f"canary {number}: {reason}")
        self.place(canary=number, canary_percent=percent)
        return self.head

    def load(self, folder: Path, version: Version) -> Model:
        """The model of a version, named as the registry names it."""
        model = self.models[version.number]
        if isinstance(model, Exception):
            raise model
        return FunctionModel(
            ModelRef("words", str(version.number), version.manifest_digest, version.corrections),
            model.annotate,
        )

    def _answer(self) -> None:
        if self.away:
            raise UnreachableError("connection refused")


def first_live(
    registry: FakeRegistry, settings: WorkerSettings, stop: threading.Event
) -> tuple[ModelLoader, LiveModel]:
    """A loader, and the champion that a worker begins with."""
    loader = ModelLoader(registry, registry.load, settings)
    model = wait_for_champion(registry, loader, stop)
    assert model is not None
    return loader, LiveModel(model)
