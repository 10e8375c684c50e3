# SPDX-License-Identifier: Apache-2.0
"""Where a learner's state is kept: one fenced commit of state and offsets together, in the model registry or
in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

from ..model_registry import ModelRegistry
from ..model_registry.errors import StaleWriterError, StaleHeadError

Files = Mapping[str, bytes]


class Checkpoints(Protocol):
    """Keeps the newest state; whoever took the fence last is the only one who may commit."""

    @property
    def fence(self) -> int:
        """The token of this user; newer users have higher ones."""

    def begin(self) -> None:
        """Take over: from now on earlier users are refused."""

    def load(self) -> tuple[str, Files] | None:
        """Digest and files of the state that was committed last."""

    def commit(self, parent: str | None, digest: str, offsets: Mapping[str, int], files: Files) -> None:
        """Make files and offsets the current state, both or neither. The same commit again changes nothing.

        Raises: StaleWriterError where another took over; StaleHeadError where another state than `parent` is the
        last one.
        """


class RegistryCheckpoints:
    """In the model registry: blobs first, then one script that checks fence and parent and moves the head."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry
        self._fence = 0

    @property
    def fence(self) -> int:
        """See `Checkpoints.fence`."""
        return self._fence

    def begin(self) -> None:
        """See `Checkpoints.begin`."""
        self._fence = self._registry.acquire_fence()

    def load(self) -> tuple[str, Files] | None:
        """See `Checkpoints.load`."""
        found = self._registry.checkpoint()
        if found is None:
            return None
        return found.state_digest, {
            name: self._registry.states.get(sha256) for name, sha256 in found.blobs.items()
        }

    def commit(self, parent: str | None, digest: str, offsets: Mapping[str, int], files: Files) -> None:
        """See `Checkpoints.commit`."""
        blobs = {name: self._registry.states.put(data) for name, data in files.items()}
        op_id = hashlib.sha256(f"{parent}\0{digest}\0{self._fence}".encode()).hexdigest()
        self._registry.commit_checkpoint(self._fence, parent, digest, offsets, blobs, op_id=op_id)


class MemoryCheckpoints:
    """In this process, shared by all who use the same `shelf`: for tests, and for runs whose state nobody
    needs."""

    def __init__(
        self, shelf: dict[str, tuple[str, Files]] | None = None, fences: list[int] | None = None
    ) -> None:
        self._shelf = {} if shelf is None else shelf
        self._fences = [0] if fences is None else fences
        self._fence = 0

    @property
    def fence(self) -> int:
        """See `Checkpoints.fence`."""
        return self._fence

    def begin(self) -> None:
        """See `Checkpoints.begin`."""
        self._fences[0] += 1
        self._fence = self._fences[0]

    def load(self) -> tuple[str, Files] | None:
        """See `Checkpoints.load`."""
        return self._shelf.get("last")

    def commit(self, parent: str | None, digest: str, offsets: Mapping[str, int], files: Files) -> None:
        """See `Checkpoints.commit`."""
        last = self._shelf.get("last")
        if self._fence != self._fences[0]:
            raise StaleWriterError("another trainer took over; stop this one")
        if last is not None and last[0] == digest:
            return
        if (None if last is None else last[0]) != parent:
            raise StaleHeadError("another state was committed meanwhile; begin again from it")
        self._shelf["last"] = digest, dict(files)
