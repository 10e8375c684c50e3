# SPDX-License-Identifier: Apache-2.0
"""Who has which text on the screen: leases that expire, in the registry's Redis, or in this process while
that is away."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import orjson
import redis

from ..model_registry import ModelRegistry, RegistryError

log = logging.getLogger(__name__)

Item = tuple[str, int]
"""A text's place, and how many people are to be asked about it."""


class Leases(Protocol):
    """Claims of texts."""

    def claim(self, person: str, items: Sequence[Item], n: int, seconds: float) -> list[str]:
        """The first `n` of the items that are free for a person, who has them now for so long; those that the
        person has already are free."""

    def release(self, person: str, items: Sequence[str]) -> None:
        """Give them back."""

    def done(self, person: str, items: Sequence[str]) -> None:
        """The person answered them, and is not asked again."""


class LocalLeases:
    """Leases in this process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._holders: dict[str, dict[str, float]] = {}
        self._done: dict[str, set[str]] = {}
        self._lock = Lock()

    def claim(self, person: str, items: Sequence[Item], n: int, seconds: float) -> list[str]:
        """See `Leases.claim`."""
        granted: list[str] = []
        now = self._clock()
        with self._lock:
            for item, people in items:
                if len(granted) >= n:
                    break
                holders, done = self._holders.setdefault(item, {}), self._done.get(item, set())
                for gone in [who for who, until in holders.items() if until <= now]:
                    del holders[gone]
                others = len(holders.keys() - {person}) + len(done)
                if person not in done and others < people:
                    holders[person] = now + seconds
                    granted.append(item)
                if not holders:
                    del self._holders[item]
        return granted

    def release(self, person: str, items: Sequence[str]) -> None:
        """See `Leases.release`."""
        with self._lock:
            for item in items:
                self._holders.get(item, {}).pop(person, None)

    def done(self, person: str, items: Sequence[str]) -> None:
        """See `Leases.done`."""
        self.release(person, items)
        with self._lock:
            for item in items:
                self._done.setdefault(item, set()).add(person)


class SharedLeases:
    """Leases in the Redis of the model registry, for all consoles; while it is away, in this process: one
    text may then go to two people, which counts as overlap and harms nothing."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry, self._local = registry, LocalLeases()

    def claim(self, person: str, items: Sequence[Item], n: int, seconds: float) -> list[str]:
        """See `Leases.claim`."""
        granted = self._run({"do": "claim", "person": person, "items": items, "n": n, "seconds": seconds})
        return self._local.claim(person, items, n, seconds) if granted is None else granted

    def release(self, person: str, items: Sequence[str]) -> None:
        """See `Leases.release`."""
        self._local.release(person, items)
        self._run({"do": "release", "person": person, "items": [[item, 1] for item in items]})

    def done(self, person: str, items: Sequence[str]) -> None:
        """See `Leases.done`."""
        self._local.done(person, items)
        self._run({"do": "done", "person": person, "items": [[item, 1] for item in items]})

    def _run(self, arguments: dict[str, Any]) -> list[str] | None:
        server, source = self._registry.server, _source()
        sent = orjson.dumps(arguments).decode()
        try:
            with server.guard():
                try:
                    reply = server.client.evalsha(_digest(), 1, server.root, sent)
                except redis.exceptions.NoScriptError:
                    reply = server.client.eval(source, 1, server.root, sent)
        except RegistryError as error:
            log.debug("leases are this process's own: %s", error)
            return None
        return [item.decode() for item in reply]


@cache
def _source() -> str:
    return (Path(__file__).parent / "claim.lua").read_text(encoding="utf-8")


@cache
def _digest() -> str:
    return hashlib.sha1(_source().encode(), usedforsecurity=False).hexdigest()
