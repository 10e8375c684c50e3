# SPDX-License-Identifier: Apache-2.0
"""What annotations say, as sets of units: the one place where two annotations are compared.

Whoever asks what two of them say differently subtracts their sets, layer by layer, and counts with `Counts`.
Only the standard library is imported here, so that workers without an engine can ask, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple, TypeVar

HALF = 0.5
"""A category counts as said from this score on."""

TOKEN_LAYERS = ("tag", "pos", "morph", "lemma", "head", "dep")
"""Layers of an annotation's JSON that say something of every token."""


class Unit(NamedTuple):
    """One thing that an annotation says: this label stands at this place.

    Units: `start` and `end` count what the maker of the unit counts, gold tokens or code points; both are 0
    where the whole text is meant. `head` is the token at the other end of an arc.
    """

    layer: str
    label: str
    start: int = 0
    end: int = 0
    head: int | None = None


Units = Mapping[str, Set[Unit]]
"""What an annotation says, by layer; a layer that it does not have is missing, not empty."""

Number = TypeVar("Number")


def f1(tp: Number, fp: Number, fn: Number) -> Number:
    """Harmonic mean of precision and recall, of numbers or arrays of them; 0 where there is nothing.

    >>> f1(2.0, 1.0, 1.0)
    0.6666666666666666
    """
    numbers: tuple[Any, Any, Any] = (tp, fp, fn)
    right = 2 * numbers[0]
    total = right + numbers[1] + numbers[2]
    score: Number = right / (total + (total == 0))
    return score


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives; fractions where older counts have faded.

    >>> sum([Counts.of({"a", "b"}, {"b"}), Counts(fn=1)], Counts())
    Counts(tp=1, fp=1, fn=1)
    """

    tp: float = 0
    fp: float = 0
    fn: float = 0

    @classmethod
    def of(cls, predicted: Set[Hashable], gold: Set[Hashable]) -> Counts:
        """Of two sets of what is said."""
        right = len(predicted & gold)
        return cls(right, len(predicted) - right, len(gold) - right)

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    def fade(self, factor: float) -> Counts:
        """The counts, so much of them."""
        return Counts(self.tp * factor, self.fp * factor, self.fn * factor)

    @property
    def is_empty(self) -> bool:
        """Whether neither side said anything."""
        return not self.tp + self.fp + self.fn

    @property
    def size(self) -> float:
        """What both sides said, added: F is twice what is right of it."""
        return 2 * self.tp + self.fp + self.fn

    @property
    def precision(self) -> float:
        """Share of what was predicted that is right; 0 where nothing was."""
        return self.tp / ((self.tp + self.fp) or 1)

    @property
    def recall(self) -> float:
        """Share of gold that was predicted; 0 where there is none."""
        return self.tp / ((self.tp + self.fn) or 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where neither side said anything."""
        return f1(self.tp, self.fp, self.fn)

    def prf(self) -> dict[str, float]:
        """The three scores by their letters."""
        return {"p": self.precision, "r": self.recall, "f": self.f1}


def count_labels(predicted: Set[Unit], gold: Set[Unit]) -> dict[str, Counts]:
    """Counts of each label that one of the sides says, sorted by label."""
    counts: dict[str, list[int]] = {}
    for place, units in enumerate((predicted & gold, predicted - gold, gold - predicted)):
        for label, n in Counter(unit.label for unit in units).items():
            counts.setdefault(label, [0, 0, 0])[place] = n
    return {label: Counts(*counts[label]) for label in sorted(counts)}


def token_units(
    layer: str, starts: Iterable[int], ends: Iterable[int], labels: Iterable[str | None]
) -> set[Unit]:
    """Labels of tokens; those without one (None) say nothing."""
    rows = map(Unit, repeat(layer), labels, starts, ends)  # type: ignore[arg-type]  # None is left out below
    return {unit for unit in rows if unit.label is not None}


def span_units(layer: str, spans: Iterable[tuple[int, int, str]]) -> set[Unit]:
    """Labelled spans `(start, end, label)`."""
    return {Unit(layer, label, start, end) for start, end, label in spans}


def cat_units(scores: Mapping[str, float], among: Iterable[str] | None = None) -> set[Unit]:
    """Categories that reach one half, of those asked about."""
    asked = scores if among is None else among
    return {Unit("cats", label) for label in asked if scores.get(label, 0.0) >= HALF}


def units_of_json(row: Mapping[str, Any]) -> dict[str, set[Unit]]:
    """What an annotation says in its written form: an annotation message, whose tokens are columns, or
    `Doc.to_json`, whose tokens are a list.

    Places are code points. A unit of `head` has the head's word as its label.
    """
    units = _token_layers(row)
    spans = {"ents": row.get("ents"), "sents": row.get("sents"), **row.get("spans", {})}
    for layer, items in spans.items():
        if items is not None:
            units[layer] = span_units(layer, ((s["start"], s["end"], s.get("label", "")) for s in items))
    if "cats" in row:
        units["cats"] = cat_units(row["cats"])
    return units


def _token_layers(row: Mapping[str, Any]) -> dict[str, set[Unit]]:
    columns = _columns(row.get("tokens", {}))
    starts: Sequence[int] = columns.get("start", ())
    ends: Sequence[int] = columns.get("end", starts)
    units = {
        layer: token_units(layer, starts, ends, columns[layer])
        for layer in TOKEN_LAYERS
        if layer in columns and layer != "head"
    }
    if "head" in columns:
        text: str = row.get("text", "")
        heads = zip(starts, ends, columns["head"], strict=True)
        units["head"] = {
            Unit("head", text[starts[head] : ends[head]], start, end, head)
            for start, end, head in heads
            if head is not None
        }
    return units


def _columns(tokens: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if isinstance(tokens, Mapping):
        return tokens
    names = {name for token in tokens for name in token}
    return {name: [token.get(name) for token in tokens] for name in names}
