# SPDX-License-Identifier: Apache-2.0
"""What a worker says of itself to the registry."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tests.workers.support import wait_until
from workers.model_registry import UnreachableError, WorkerEntry
from workers.serving.beacon import WorkerBeacon


@dataclass
class FakeRegister:
    """Keeps what was said; may be away."""

    said: list[WorkerEntry] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    away: bool = False

    def note_worker(self, entry: WorkerEntry, seconds: int) -> None:
        """A word."""
        if self.away:
            raise UnreachableError("connection refused")
        self.said.append(entry)

    def forget_worker(self, instance: str) -> None:
        """The last one."""
        if self.away:
            raise UnreachableError("connection refused")
        self.gone.append(instance)


def test_a_worker_speaks_until_it_goes() -> None:
    """Again and again, each time as it is then; a registry that is away does no harm."""
    register, stop, epoch = FakeRegister(away=True), threading.Event(), [1]
    beacon = WorkerBeacon(register, lambda: WorkerEntry("a", epoch=epoch[0]), stop, interval=0.01)
    beacon.start()
    register.away = False
    wait_until(lambda: len(register.said) > 2)
    epoch[0] = 2
    wait_until(lambda: register.said[-1].epoch == 2)
    stop.set()
    beacon.close()
    assert register.gone == ["a"]


def test_a_worker_goes_while_the_registry_is_away() -> None:
    """Then it is forgotten by the expiry alone."""
    register, stop = FakeRegister(), threading.Event()
    beacon = WorkerBeacon(register, lambda: WorkerEntry("a"), stop, interval=0.01)
    beacon.start()
    wait_until(lambda: bool(register.said))
    register.away = True
    stop.set()
    beacon.close()
    assert register.gone == []
