# SPDX-License-Identifier: Apache-2.0
"""What a trainer leaves in the registry: its state as it was committed last, and what it measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .blobs import BlobStore, DirectoryBlobs
from .errors import MissingBlobError, as_written
from .redis_server import RegistryServer, Script


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A committed state and how far it has read: `offsets` maps "topic:partition" to the next offset, `blobs`
    names to sha256.

    `state_digest` identifies it: the next checkpoint names it as its parent.
    """

    state_digest: str
    parent: str | None
    offsets: Mapping[str, int]
    blobs: Mapping[str, str]
    fence: int
    op_id: str
    created: float

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> Checkpoint:
        """From the fields of the hash in Redis."""
        return cls(
            fields["digest"],
            fields["parent"] or None,
            {place: int(offset) for place, offset in json.loads(fields["offsets"]).items()},
            {name: str(sha256) for name, sha256 in json.loads(fields["blobs"]).items()},
            int(fields["fence"]),
            fields["op"],
            float(fields["created"]),
        )


@dataclass(frozen=True, slots=True)
class MetricsRow:
    """Names and values, and the id after which newer rows are asked for."""

    id: str
    row: Mapping[str, Any]


class CheckpointStore:
    """The checkpoints of one registry; their blobs are kept in `states`."""

    def __init__(self, server: RegistryServer, states: BlobStore) -> None:
        self._server, self.states = server, states

    def commit(
        self,
        fence: int,
        identity: str,
        parent: str | None,
        state_digest: str,
        offsets: Mapping[str, int],
        blobs: Mapping[str, str],
        op_id: str,
    ) -> None:
        """See `ModelRegistry.commit_checkpoint`; `identity` is that of the registry that gave the fence."""
        for name, sha256 in blobs.items():
            with self._server.guard():
                if not self.states.has(sha256):
                    raise MissingBlobError(
                        f"checkpoint {state_digest[:12]}...: expected blob {name} ({sha256[:12]}...) to be "
                        "put before"
                    )
        names: dict[str, object] = {
            "parent": parent or None,
            "digest": state_digest,
            "fence": str(fence),
            "identity": identity or None,
        }
        texts = {"offsets": json.dumps(dict(offsets)), "blobs": json.dumps(dict(blobs))}
        dropped = self._server.run(Script.CHECKPOINT, op_id, **names, **texts)
        if isinstance(self.states, DirectoryBlobs):
            with as_written("the blobs of the checkpoint before"):
                old = {str(sha256) for sha256 in json.loads(dropped[0]).values()} - self._blobs_in_use()
            for sha256 in old:
                self.states.delete(sha256)

    def last(self) -> Checkpoint | None:
        """The last one that was committed."""
        fields = self._server.fields("checkpoint")
        with as_written("the checkpoint"):
            return Checkpoint.from_fields(fields) if fields else None

    def prune(self, older_than: float) -> None:
        """Drop states in a folder that no checkpoint names and nobody has put for so many seconds."""
        if isinstance(self.states, DirectoryBlobs):
            self.states.prune(self._blobs_in_use(), older_than)

    def _blobs_in_use(self) -> set[str]:
        """The blobs of the last checkpoint and of the one before it."""
        with self._server.guard():
            named = [
                self._server.client.hget(self._server.key(place), "blobs")
                for place in ("checkpoint", "checkpoint:previous")
            ]
        with as_written("the blobs of the checkpoints"):
            return {str(each) for item in named if item is not None for each in json.loads(item).values()}
