# SPDX-License-Identifier: Apache-2.0
"""One trained version of the model, as the registry knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .lineage import Lineage

STATES = ("candidate", "shadow", "canary", "champion", "previous", "retired")
"""A version's states. `previous` is the champion before the present one; one that serves no more is
`retired`."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a version. Units: `size` in bytes."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version: what it consists of (immutable, signed) and where it stands (state, verdict).

    `corrections` is the watermark: "partition" of the corrections topic -> next offset that it has not
    learned from. `verdict` is the gate's judgement against the champion of the epoch `against_epoch`.
    `collected`: its files are gone.
    """

    number: int
    state: str
    parent: int | None
    manifest_digest: str
    lineage: Lineage
    corrections: Mapping[str, int]
    scores: Mapping[str, float]
    verdict: Mapping[str, Any] | None
    created: str
    actor: str
    files: Mapping[str, File]
    against_epoch: int | None = None
    signed_by: str = ""
    collected: bool = False

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())
