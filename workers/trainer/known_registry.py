# SPDX-License-Identifier: Apache-2.0
"""Whether the registry is the one that was learned into before: it may be empty by now, or another one."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from pathlib import Path

from ..model_registry import DirectoryBlobs, Head, ModelRegistry, UnknownRegistryError
from ..retry import Backoff, is_worth_logging, retry
from ..transports.base import Transport, TransportError
from .trainer_config import TrainerConfig

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds."""
ADVICE = (
    "Bring the registry's data back, or name the right registry; if this one is to be learned into, say so "
    "once with --learner.registry_accept true"
)


def require_known_registry(registry: ModelRegistry, transport: Transport, config: TrainerConfig) -> None:
    """Look at the registry before anything is made in it. Raises: UnknownRegistryError."""
    settings, head = config.settings, registry.head()
    if settings.registry_id and head.identity != settings.registry_id:
        raise UnknownRegistryError(
            f"learner -> registry_id: expected the registry {settings.registry_id}, got "
            f"{_name_of(head)}. {ADVICE.partition(';')[0]}"
        )
    if settings.registry_accept:
        return
    kept = _kept_identity(registry)
    if kept is not None and kept.exists() and (before := kept.read_text()) != head.identity:
        raise UnknownRegistryError(
            f"expected the registry {before}, whose states are in {kept.parent}, got {_name_of(head)}. "
            f"{ADVICE}"
        )
    require_no_lost_registry(registry, transport, config.reader.topic, config.reader.group)


def remember_registry(registry: ModelRegistry) -> None:
    """Know the registry again: beside the states, where those are in a folder."""
    kept = _kept_identity(registry)
    if kept is not None:
        kept.write_text(registry.head().identity)


def require_no_lost_registry(registry: ModelRegistry, transport: Transport, topic: str, group: str) -> None:
    """Refuse to begin at version 1 where the log knows that learning has begun before. Raises:
    UnknownRegistryError."""
    if registry.head().champion is not None or registry.checkpoint() is not None:
        return
    n_read = _read_by(transport, topic, group)
    if n_read:
        raise UnknownRegistryError(
            f"the registry {registry.name} at {registry.address} has no champion and no state, but {group} "
            f"has read {n_read:,} records of {topic}: it came back empty, or is another one. {ADVICE}"
        )


def _read_by(transport: Transport, topic: str, group: str) -> int:
    """How many records of a topic a group has behind it. Raises: TransportError where that is not known for
    too long: a young Kafka knows no groups for some seconds."""
    deadline = time.monotonic() + PATIENCE

    def ask() -> int:
        with closing(transport.admin()) as admin:
            if not any(info.name == topic for info in admin.topics()):
                return 0
            return sum(lag.committed or 0 for lag in admin.group_lag(group, [topic]))

    def log_failure(error: Exception, retry_num: int) -> None:
        if is_worth_logging(retry_num):
            log.warning("learning waits: %s", error)

    return retry(
        ask,
        TransportError,
        Backoff(0.25, max=1.0),
        stopped=lambda: time.monotonic() > deadline,
        on_failure=log_failure,
    )


def _kept_identity(registry: ModelRegistry) -> Path | None:
    """The file that remembers the registry; None where states are in the registry itself."""
    states = registry.states
    return states.folder / f"registry-{registry.name}" if isinstance(states, DirectoryBlobs) else None


def _name_of(head: Head) -> str:
    return head.identity or ("an empty one" if head.event == "0-0" else "one without identity")
