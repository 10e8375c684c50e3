# SPDX-License-Identifier: Apache-2.0
"""The thread by which a worker says to the registry that it is there, as long as it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from ..model_registry import RegistryError, WorkerEntry

log = logging.getLogger(__name__)

INTERVAL = 5.0
"""Seconds between two words."""
EXPIRY = 15
"""Seconds after which a worker that says nothing is forgotten: two of its words may be lost."""


class WorkerRegister(Protocol):
    """What the beacon needs of a model registry."""

    def note_worker(self, entry: WorkerEntry, seconds: int) -> None:
        """A worker is there, for so many seconds."""

    def forget_worker(self, instance: str) -> None:
        """A worker goes."""


class WorkerBeacon:
    """Says every few seconds what `entry` says of the worker, and at the end that it goes. A registry that is
    away is no fault of the worker's."""

    def __init__(
        self,
        register: WorkerRegister,
        entry: Callable[[], WorkerEntry],
        stop: threading.Event,
        *,
        interval: float = INTERVAL,
        expiry: int = EXPIRY,
    ) -> None:
        """`stop` ends it; it must be set before `close`."""
        self._register, self._entry, self._stop = register, entry, stop
        self._interval, self._expiry = interval, expiry
        self._said = ""
        self._thread = threading.Thread(target=self._run, name="freshet-beacon", daemon=True)

    def start(self) -> None:
        """Speak from now on."""
        self._thread.start()

    def close(self) -> None:
        """Say that the worker goes, if the registry heard of it."""
        if self._thread.is_alive():
            self._thread.join(self._interval)
        if self._said:
            with suppress(RegistryError):
                self._register.forget_worker(self._said)

    def _run(self) -> None:
        while True:
            entry = self._entry()
            try:
                self._register.note_worker(entry, self._expiry)
                self._said = entry.instance
            except RegistryError as error:  # the updater tells people of it
                log.debug("the registry was not told of this worker: %s", error)
                self._said = ""
            if self._stop.wait(self._interval):
                return
