# SPDX-License-Identifier: Apache-2.0
"""Versions of a model as the registry knows them: what each is, which of them serve, how two differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from engine.file_digests import FileRecord


class VersionState(StrEnum):
    """Where a version stands. `PREVIOUS` is the champion before the present one; one that serves no more is
    `RETIRED`."""

    CANDIDATE = "candidate"
    SHADOW = "shadow"
    CANARY = "canary"
    CHAMPION = "champion"
    PREVIOUS = "previous"
    RETIRED = "retired"


class Role(StrEnum):
    """What a version may do beside the champion."""

    SHADOW = "shadow"
    CANARY = "canary"


STATES = tuple(VersionState)
"""A version's states, in the order of its life."""


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


@dataclass(frozen=True, slots=True)
class Version:
    """A version: what it consists of (immutable, signed) and where it stands (state, verdict).

    `corrections` is the watermark: "partition" of the corrections topic -> next offset that it has not
    learned from. `verdict` is the gate's judgement against the champion of the epoch `against_epoch`.
    `collected`: its files are gone.
    """

    number: int
    state: VersionState
    parent: int | None
    manifest_digest: str
    lineage: Lineage
    corrections: Mapping[str, int]
    scores: Mapping[str, float]
    verdict: Mapping[str, Any] | None
    created: str
    actor: str
    files: Mapping[str, FileRecord]
    against_epoch: int | None = None
    signed_by: str = ""
    collected: bool = False

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


@dataclass(frozen=True, slots=True)
class Head:
    """The pointers of a registry. `epoch` grows with each change of any of them, `champion_epoch` is that of
    the last new champion.

    `identity` is given to a registry by its first change and stays (empty until an older one is changed
    again); `event` and `chain` are the id and the hash of the last entry of the audit chain.
    """

    champion: int | None = None
    previous: int | None = None
    shadow: int | None = None
    canary: int | None = None
    canary_percent: int = 0
    epoch: int = 0
    champion_epoch: int = 0
    event: str = "0-0"
    identity: str = ""
    chain: str = ""

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> Head:
        """From the fields of the hash in Redis; those that are missing mean none."""
        numbers = {
            name: int(fields[name]) for name in ("champion", "previous", "shadow", "canary") if name in fields
        }
        counts = {name: int(fields.get(name, 0)) for name in ("canary_percent", "epoch", "champion_epoch")}
        return cls(
            **numbers,
            **counts,
            event=fields.get("event", "0-0"),
            identity=fields.get("identity", ""),
            chain=fields.get("chain", ""),
        )


def score_rows(before: Version, after: Version) -> list[dict[str, Any]]:
    """Each score of either: `name`, `before`, `after`, `change`; None where one has it not."""
    rows: list[dict[str, Any]] = []
    for name in sorted(before.scores.keys() | after.scores.keys()):
        one, other = before.scores.get(name), after.scores.get(name)
        rows.append(
            {
                "name": name,
                "before": one,
                "after": other,
                "change": None if one is None or other is None else other - one,
            }
        )
    return rows


def changed_fields(before: Version, after: Version) -> dict[str, tuple[str, str]]:
    """Files, lineage, watermark and parent that differ, as text."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(before.files.keys() | after.files.keys()):
        one, other = (version.files.get(path) for version in (before, after))
        if one != other:
            found[path] = (one.sha256[:12] if one else "-", other.sha256[:12] if other else "-")
    one_lineage, other_lineage = before.lineage.to_json(), after.lineage.to_json()
    facts = [(key, one_lineage[key], other_lineage[key]) for key in one_lineage]
    facts += [
        ("corrections", dict(before.corrections), dict(after.corrections)),
        ("parent", before.parent, after.parent),
    ]
    for key, one, other in facts:
        if one != other:
            found[key] = (json.dumps(one), json.dumps(other))
    return found
