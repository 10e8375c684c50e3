# SPDX-License-Identifier: Apache-2.0
"""From what Redis holds to values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .errors import TamperedError
from .manifest import read_manifest
from .version import Version


def text_fields(raw: Mapping[Any, Any]) -> dict[str, str]:
    """A hash or the fields of a stream's entry, as text."""
    return {key.decode(): value.decode() for key, value in raw.items()}


def version_of(name: str, number: int, fields: Mapping[str, str]) -> Version:
    """A version from its hash. Raises: TamperedError."""
    if "manifest" not in fields:
        raise TamperedError(f"version {number} of {name}: its record is gone")
    data = fields["manifest"].encode()
    manifest = read_manifest(data, name, number)
    return Version(
        number=number,
        state=fields["state"],
        parent=manifest.parent,
        manifest_digest=hashlib.sha256(data).hexdigest(),
        lineage=manifest.lineage,
        corrections=manifest.corrections,
        scores=manifest.scores,
        verdict=json.loads(fields["verdict"]) if "verdict" in fields else None,
        created=manifest.created,
        actor=manifest.actor,
        files=manifest.files,
        against_epoch=int(fields["against_epoch"]) if "against_epoch" in fields else None,
        signed_by=":".join(fields["signature"].split(":")[:2]),
        collected="collected" in fields,
    )
