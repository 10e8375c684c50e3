# SPDX-License-Identifier: Apache-2.0
"""A registry's heads, as far as they follow from what was seen of the registry before.

Who can write to Redis can name any signed version as champion, or put back an older state of everything; a
server may also lose its data, or be another one than yesterday. A worker that remembers what it saw notices
each of these.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import orjson

from ..model_registry import AuditEntry, Head, Role, TamperedError, UnknownRegistryError
from .first_champion import HeadSource

log = logging.getLogger(__name__)

NEW_CHAMPION = ("promote", "force", "rollback")
"""The actions of the audit chain that put a champion in its place."""
FILE = "registry.json"
ADVICE = (
    "bring the registry's data back, or, if it is as it shall be, start the worker once with "
    "--worker.registry_accept true"
)


class HeadHistory(HeadSource, Protocol):
    """A registry that also tells what led from one head to another."""

    def audit_after(self, head: Head) -> Sequence[AuditEntry]:
        """The changes after a head that was seen. Raises: TamperedError where they do not follow from it."""


class TrustedHeads:
    """Waits for a registry's head and lets it pass if the registry is the one that was seen first, and its
    audit chain leads from the head that passed last to this one.

    `folder` keeps what was seen over a restart; without one a worker that starts trusts the first registry
    that it sees, or the one of `identity` alone. `accept`: forget at the start what was kept. Belongs to one
    thread at a time.
    """

    def __init__(
        self, registry: HeadHistory, *, identity: str = "", folder: str = "", accept: bool = False
    ) -> None:
        self._registry = registry
        self._identity = identity
        self._file = Path(folder) / FILE if folder else None
        self._known = None if accept else self._read()

    def wait(self, epoch: int, timeout: float) -> Head:
        """The head, as `HeadSource.wait` gives it. Raises: UnknownRegistryError where it does not follow."""
        head = self._registry.wait(epoch, timeout)
        if self._known is None:
            self._begin(head)
        elif head != self._known:
            self._check_identity(head, self._known)
            self._check_history(head, self._known)
            self._remember(head)
        return head

    def _begin(self, head: Head) -> None:
        if self._identity and head.event != "0-0" and head.identity != self._identity:
            raise UnknownRegistryError(
                f"worker -> registry_id: expected the registry {self._identity}, got "
                f"{head.identity or 'one without identity'}; set registry_id to it if it is to be followed"
            )
        if head.champion is not None:
            self._remember(head)

    def _check_identity(self, head: Head, known: Head) -> None:
        if head.event == "0-0":
            raise UnknownRegistryError(
                f"the registry is empty, version {known.champion} was its champion at epoch {known.epoch}: "
                f"it lost its data; {ADVICE}"
            )
        if known.identity and head.identity != known.identity:
            raise UnknownRegistryError(
                f"expected the registry {known.identity}, got {head.identity or 'one without identity'}, "
                f"which names version {head.champion}; {ADVICE}"
            )

    def _check_history(self, head: Head, known: Head) -> None:
        """Raises: UnknownRegistryError unless the audit chain leads from the known head to this one."""
        way = self._way(head, known)
        champions = [entry.version for entry in way if entry.action in NEW_CHAMPION]
        champion = champions[-1] if champions else known.champion
        canaries = {None, known.canary, *(entry.version for entry in way if entry.action == Role.CANARY)}
        if head.champion != champion or head.canary not in canaries or not way:
            raise UnknownRegistryError(
                f"the head names version {head.champion} as champion and {head.canary} as canary, by the "
                f"audit chain version {champion} is champion: it was changed by hand; promote a version with "
                f"--force and a reason, or {ADVICE}"
            )

    def _way(self, head: Head, known: Head) -> Sequence[AuditEntry]:
        """The changes between the two. Raises: UnknownRegistryError where none lead there."""
        if head.event == known.event and head.chain == known.chain:
            return ()
        try:
            entries = self._registry.audit_after(known)
        except TamperedError as error:
            raise UnknownRegistryError(f"{_went_back(head, known)}: {error}; {ADVICE}") from error
        n_until = next((i for i, entry in enumerate(entries, 1) if entry.id == head.event), 0)
        if not n_until or entries[n_until - 1].chain != head.chain:
            raise UnknownRegistryError(f"{_went_back(head, known)}; {ADVICE}")
        return entries[:n_until]

    def _remember(self, head: Head) -> None:
        before, self._known = self._known, head
        if self._file is None or (before is not None and before.champion == head.champion):
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = self._file.with_name(f"{FILE}.part")
            part.write_bytes(orjson.dumps(asdict(head)))
            part.replace(self._file)
        except OSError as error:
            log.warning("what was seen of the registry could not be kept in %s: %s", self._file, error)

    def _read(self) -> Head | None:
        if self._file is None or not self._file.exists():
            return None
        try:
            return Head(**orjson.loads(self._file.read_bytes()))
        except (OSError, orjson.JSONDecodeError, TypeError) as error:
            log.warning("what was seen of the registry cannot be read from %s: %s", self._file, error)
            return None


def _went_back(head: Head, known: Head) -> str:
    return (
        f"the registry's history (epoch {head.epoch}, champion {head.champion}) does not go on from epoch "
        f"{known.epoch}, champion {known.champion}, which was seen before: it was put back or rewritten"
    )
