# SPDX-License-Identifier: Apache-2.0
"""Which versions serve now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """The pointers of a registry. `epoch` grows with each change of any of them, `champion_epoch` is that of
    the last new champion."""

    champion: int | None = None
    previous: int | None = None
    shadow: int | None = None
    canary: int | None = None
    canary_percent: int = 0
    epoch: int = 0
    champion_epoch: int = 0
    event: str = "0-0"

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> Head:
        """From the fields of the hash in Redis; those that are missing mean none."""
        numbers = {
            name: int(fields[name]) for name in ("champion", "previous", "shadow", "canary") if name in fields
        }
        counts = {name: int(fields.get(name, 0)) for name in ("canary_percent", "epoch", "champion_epoch")}
        return cls(**numbers, **counts, event=fields.get("event", "0-0"))
