# SPDX-License-Identifier: Apache-2.0
"""What two versions say differently about one text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from engine.scoring.units import TOKEN_LAYERS, Unit, units_of_json

CATEGORY_STEP = 0.01
"""Scores of categories that are closer than this count as the same."""


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that differs; an empty string means none. Units: `start` and `end` in code points of the
    text."""

    layer: str
    start: int
    end: int
    words: str
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """All differences between two documents of the same text, in their JSON form (`Doc.to_json`), by layer
    and place.

    >>> after = {"text": "Kigali", "ents": [{"start": 0, "end": 6, "label": "LOC"}]}
    >>> [change.after for change in changes({"text": "Kigali"}, after)]
    ['LOC']
    """
    text = before["text"]
    units_before, units_after = units_of_json(before), units_of_json(after)
    by_layer = {
        layer: list(_compare(layer, text, units_before.get(layer, set()), units_after.get(layer, set())))
        for layer in ("ents", "sents", *TOKEN_LAYERS)
    }
    of_tokens = [change for layer in TOKEN_LAYERS for change in by_layer[layer]]
    of_tokens.sort(key=lambda change: (change.start, change.end))
    return [*by_layer["ents"], *by_layer["sents"], *of_tokens, *_categories(before, after)]


def _compare(layer: str, text: str, before: Set[Unit], after: Set[Unit]) -> Iterator[Change]:
    """Where one layer says something else, or something at all on one side only."""
    old, new = ({(unit.start, unit.end): _shown(unit) for unit in units} for units in (before, after))
    for start, end in sorted(old.keys() | new.keys()):
        pair = old.get((start, end), ""), new.get((start, end), "")
        if pair[0] != pair[1]:
            yield Change(layer, start, end, text[start:end], *pair)


def _shown(unit: Unit) -> str:
    return "sentence" if unit.layer == "sents" else unit.label


def _categories(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    scores: tuple[Mapping[str, float], ...] = before.get("cats", {}), after.get("cats", {})
    for label in sorted(scores[0].keys() | scores[1].keys()):
        old, new = (side.get(label) for side in scores)
        if old is None or new is None or abs(old - new) >= CATEGORY_STEP:
            shown = tuple("" if score is None else f"{label} {score:.2f}" for score in (old, new))
            yield Change("cats", 0, len(before["text"]), "", *shown)
