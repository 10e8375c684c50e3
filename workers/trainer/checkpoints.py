# SPDX-License-Identifier: Apache-2.0
"""Where a learner's state is kept, in the model registry: one fenced commit of state and offsets together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ..model_registry import ModelRegistry

Files = Mapping[str, bytes]


class Checkpoints:
    """The newest state; whoever took the fence last is the only one who may commit. Blobs are put first, then
    one script checks fence and parent and moves the head."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry
        self.fence = 0
        """The token of this user; newer users have higher ones."""

    def take_over(self) -> None:
        """From now on earlier users are refused."""
        self.fence = self._registry.acquire_fence()

    def load(self) -> tuple[str, Files] | None:
        """Digest and files of the state that was committed last."""
        found = self._registry.checkpoint()
        if found is None:
            return None
        files = {name: self._registry.states.get(sha256) for name, sha256 in found.blobs.items()}
        return found.state_digest, files

    def commit(self, parent: str | None, digest: str, offsets: Mapping[str, int], files: Files) -> None:
        """Make files and offsets the current state, both or neither. The same commit again changes nothing.

        Raises: StaleWriterError where another took over; StaleHeadError where another state than `parent` is
        the last one.
        """
        blobs = {name: self._registry.states.put(data) for name, data in files.items()}
        op_id = hashlib.sha256(f"{parent}\0{digest}\0{self.fence}".encode()).hexdigest()
        self._registry.commit_checkpoint(self.fence, parent, digest, offsets, blobs, op_id=op_id)
