# SPDX-License-Identifier: Apache-2.0
"""The champion that a worker begins with, waited for until there is one."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from ..model_registry import Head, RegistryError
from ..retry import Backoff, is_worth_logging
from .loader import ModelLoader, VersionRefusedError
from .model import Model

log = logging.getLogger(__name__)

POLL = 2.0
"""Seconds that one wait for a head may take."""


class HeadSource(Protocol):
    """Where the head of a model registry is read."""

    def wait(self, epoch: int, timeout: float) -> Head:
        """The head, at once where its epoch is another one, else after the timeout."""


def wait_for_champion(heads: HeadSource, loader: ModelLoader, stop: threading.Event) -> Model | None:
    """The champion, waited for until there is one that can be loaded; None where the worker was told to stop
    meanwhile.

    Where the champion is refused, the one before it serves; where the registry is away, the one that was
    kept on this disk.
    """
    failures = 0
    while not stop.is_set():
        try:
            head = heads.wait(-1, POLL)
            model, reason = _load_champion(head, loader), ""
        except RegistryError as error:
            head, reason = Head(), str(error)
            model = loader.load_cached(reason)
        if model is not None:
            return model
        failures += 1
        if is_worth_logging(failures):
            log.warning("waiting for a champion in the registry: %s", reason or _why_not(head, loader))
        stop.wait(Backoff().wait_for(failures))
    return None


def _load_champion(head: Head, loader: ModelLoader) -> Model | None:
    model = _load(head.champion, loader)
    loader.cache_champion(head)
    return model or _load(head.previous, loader)


def _load(number: int | None, loader: ModelLoader) -> Model | None:
    if number is None:
        return None
    try:
        return loader.load(number)
    except VersionRefusedError as error:
        log.error("version %d is refused, the wait goes on: %s", number, error.failure.reason)
        return None


def _why_not(head: Head, loader: ModelLoader) -> str:
    if head.champion is None:
        return "it has none; put one in with `freshet models put DIR` and `freshet models promote N`"
    failure = loader.failures.get(head.champion)
    return failure.reason if failure is not None else "unknown"
