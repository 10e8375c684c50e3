# SPDX-License-Identifier: Apache-2.0
"""How two versions differ by what the registry knows of them."""

from __future__ import annotations

import json
from typing import Any

from .version import Version


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
    for key, was, now in facts:
        if was != now:
            found[key] = (json.dumps(was), json.dumps(now))
    return found
