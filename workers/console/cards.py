# SPDX-License-Identifier: Apache-2.0
"""An annotation as a browser gets it: with the layers that are shown, or without an opinion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .window import Shown

COLUMNS = ("tag", "pos", "morph", "lemma", "head", "dep")
OPINIONS = ("ents", "spans", "cats", "sents", "confidence", "route")


def card(shown: Shown, *, full: bool = False, blind: bool = False) -> dict[str, Any]:
    """All that a page draws; `full`: with tags, lemmas and trees; `blind`: what a person could know without
    the model."""
    row: Mapping[str, Any] = shown.row
    tokens = {name: row["tokens"][name] for name in ("start", "end")}
    found: dict[str, Any] = {
        "source": shown.source,
        "place": shown.place,
        "id": shown.id,
        "text": row["text"],
        "version": shown.version,
        "model": str(row["model"].get("name", "")),
        "at_ms": shown.at_ms,
        "blind": blind,
        "columns": [name for name in COLUMNS if name in row["tokens"] and not blind],
        "tokens": tokens,
    }
    if blind:
        return found | {name: [] for name in ("ents",) if name in row}
    if full:
        tokens |= {name: row["tokens"][name] for name in COLUMNS if name in row["tokens"]}
    return found | {name: row[name] for name in OPINIONS if row.get(name) is not None} | {"full": full}


def glance(shown: Shown, chars: int = 600) -> dict[str, Any]:
    """What a list shows of it: the text's beginning and the entities in it."""
    text = shown.row["text"]
    ents = [span for span in shown.row.get("ents") or () if span["end"] <= chars]
    return {
        "source": shown.source,
        "id": shown.id,
        "text": text[:chars],
        "cut": len(text) > chars,
        "version": shown.version,
        "at_ms": shown.at_ms,
        "ents": ents,
        "cats": shown.row.get("cats") or {},
        "route": shown.row.get("route"),
        "sure": (shown.row.get("confidence") or {}).get("text"),
    }
