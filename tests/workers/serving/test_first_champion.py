# SPDX-License-Identifier: Apache-2.0
"""The model that a worker begins with."""

from __future__ import annotations

import threading

from tests.workers.serving.support import FakeRegistry, first_live
from tests.workers.support import settings_for_tests
from workers.model_registry import TamperedError
from workers.serving import Model, ModelLoader, wait_for_champion


def test_without_a_champion_the_worker_waits(registry: FakeRegistry) -> None:
    """An empty registry, or one that is away, is waited for; the first champion begins the work."""
    empty, stop = FakeRegistry(models=registry.models, away=True), threading.Event()
    loader = ModelLoader(empty, empty.load, settings_for_tests())
    found: list[Model | None] = []
    thread = threading.Thread(
        target=lambda: found.append(wait_for_champion(empty, loader, stop)), daemon=True
    )
    thread.start()
    empty.away = False
    empty.place(champion=2)
    thread.join(10)
    assert found[0] is not None
    assert found[0].ref.version == "2"


def test_a_refused_champion_at_the_start_leaves_the_one_before(registry: FakeRegistry) -> None:
    """A worker that starts while the champion is broken serves with the previous one."""
    registry.put(2, TamperedError("unsigned"))
    registry.place(champion=2)
    _, live = first_live(registry, settings_for_tests(), threading.Event())
    assert live.current().ref.version == "1"
