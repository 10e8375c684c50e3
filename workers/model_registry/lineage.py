# SPDX-License-Identifier: Apache-2.0
"""Where a version comes from: what it was trained on, with which settings, code and seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Lineage:
    """What it takes to train the version again.

    `offsets` maps "topic:partition" to the range [from, to) that training consumed; `data_hash` is a rolling
    sha256 of the consumed bytes. Everything stands in the signed manifest.
    """

    offsets: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    data_hash: str = ""
    config_hash: str = ""
    code_version: str = ""
    library_versions: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    notes: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        plain = asdict(self)
        plain["offsets"] = {place: list(bounds) for place, bounds in self.offsets.items()}
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Lineage:
        """What `to_json` wrote."""
        return cls(
            **{
                **plain,
                "offsets": {place: (int(low), int(high)) for place, (low, high) in plain["offsets"].items()},
            }
        )
