# SPDX-License-Identifier: Apache-2.0
"""How far two models say the same of the same texts, from their annotations as they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

COLUMNS = ("tag", "pos", "morph", "lemma", "head", "dep")
THRESHOLD = 0.5

Answer = tuple[Hashable, ...]


@dataclass(slots=True)
class Agreement:
    """Sums over texts: answers of both models, and those among them that both give."""

    documents: int = 0
    given: Counter[str] = field(default_factory=Counter)
    shared: Counter[str] = field(default_factory=Counter)

    def add(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
        """Count two annotations of one text, as JSON."""
        self.documents += 1
        left, right = (dict(_layers(row)) for row in (one, other))
        for layer in left.keys() & right.keys():
            self.given[layer] += len(left[layer]) + len(right[layer])
            self.shared[layer] += 2 * len(left[layer] & right[layer])

    def rates(self) -> dict[str, float]:
        """Per layer the share of answers that both give, as F: 1 where they say the same, or nothing.

        >>> agreement = Agreement()
        >>> agreement.add({"ents": [{"start": 0, "end": 3, "label": "PER"}]}, {"ents": []})
        >>> agreement.rates()
        {'ents': 0.0}
        """
        return {layer: self.shared[layer] / n if n else 1.0 for layer, n in sorted(self.given.items())}

    @property
    def lowest(self) -> float:
        """The rate of the layer on which they agree least; 1 where nothing was compared."""
        return min(self.rates().values(), default=1.0)


def _layers(row: Mapping[str, Any]) -> Iterator[tuple[str, set[Answer]]]:
    tokens = row.get("tokens", {})
    starts = tokens.get("start", ())
    for column in COLUMNS:
        if column in tokens:
            yield column, set(zip(starts, tokens[column], strict=True))
    for name, spans in {"ents": row.get("ents"), "sents": row.get("sents"), **row.get("spans", {})}.items():
        if spans is not None:
            yield name, {(span["start"], span["end"], span.get("label", "")) for span in spans}
    if "cats" in row:
        yield "cats", {(label,) for label, score in row["cats"].items() if score >= THRESHOLD}
