# SPDX-License-Identifier: Apache-2.0
"""How far people who corrected the same text agree with each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.scoring.units import HALF, Counts
from schemas import VALUE_LAYERS, Correction

Met = tuple[str, dict[str, Counts]]
"""The other author, and by layer how far both say the same."""
Said = dict[str, dict[str, str]]
"""By layer: what was said of each place, or of each category."""


@dataclass(slots=True)
class Overlap:
    """The author of the last correction of a text, and what it said, by the text's id; of the newest `limit`
    texts."""

    limit: int = 1000
    last: dict[str, tuple[str, Said]] = field(default_factory=dict)

    def add(self, correction: Correction) -> Met | None:
        """Remember a correction; the other author who corrected the same text before, and by layer how far
        both say the same."""
        before = self.last.pop(correction.id, None)
        said = said_of(correction)
        self.last[correction.id] = (correction.author, said)
        while len(self.last) > self.limit:
            del self.last[next(iter(self.last))]
        if before is None or before[0] == correction.author:
            return None
        return before[0], compare(said, before[1])


def said_of(correction: Correction) -> Said:
    """What a correction says of places and categories; partial spans, beside which all is unknown, and trees
    are left out."""
    found: Said = {}
    for name, layer in correction.layers.items():
        if name in ("ents", "spans", "sents") and layer.status == "complete":
            found[name] = {f"{span.start}:{span.end}": span.label for span in layer.spans}
        elif name == "cats":
            found[name] = {label: "yes" if score >= HALF else "no" for label, score in layer.scores.items()}
        elif name in VALUE_LAYERS:
            places = zip(correction.tokens or (), layer.values, strict=True)
            found[name] = {f"{at.start}:{at.end}": value for at, value in places if value is not None}
    return found


def compare(mine: Said, theirs: Said) -> dict[str, Counts]:
    """Of the layers that both have: spans of either side count, of others only what both spoke of.

    >>> compare({"ents": {"0:4": "PER"}}, {"ents": {"0:4": "PER", "9:13": "LOC"}})
    {'ents': Counts(tp=1, fp=0, fn=1)}
    """
    found = {}
    for layer in sorted(mine.keys() & theirs.keys()):
        left, right = mine[layer], theirs[layer]
        if layer not in ("ents", "spans", "sents"):
            both = left.keys() & right.keys()
            left, right = _part(left, both), _part(right, both)
        found[layer] = Counts.of(set(left.items()), set(right.items()))
    return found


def _part(said: Mapping[str, str], places: set[str]) -> dict[str, str]:
    return {place: said[place] for place in places}
