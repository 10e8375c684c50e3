# SPDX-License-Identifier: Apache-2.0
"""The trainer's state as it was committed last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


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
            json.loads(fields["offsets"]),
            json.loads(fields["blobs"]),
            int(fields["fence"]),
            fields["op"],
            float(fields["created"]),
        )
