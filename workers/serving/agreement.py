# SPDX-License-Identifier: Apache-2.0
"""How far two models say the same of the same texts, from their annotations as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.scoring.units import Counts, units_of_json


@dataclass(slots=True)
class Agreement:
    """Counts by layer over texts, one model's units against the other's."""

    documents: int = 0
    counts: dict[str, Counts] = field(default_factory=dict)

    def add(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
        """Count two annotations of one text, as JSON."""
        self.documents += 1
        left, right = units_of_json(one), units_of_json(other)
        for layer in left.keys() & right.keys():
            self.counts[layer] = self.counts.get(layer, Counts()) + Counts.of(left[layer], right[layer])

    def rates(self) -> dict[str, float]:
        """Per layer the share of answers that both give, as F: 1 where they say the same, or nothing.

        >>> agreement = Agreement()
        >>> agreement.add({"ents": [{"start": 0, "end": 3, "label": "PER"}]}, {"ents": []})
        >>> agreement.rates()
        {'ents': 0.0}
        """
        return {layer: 1.0 if c.is_empty else c.f1 for layer, c in sorted(self.counts.items())}

    @property
    def lowest(self) -> float:
        """The rate of the layer on which they agree least; 1 where nothing was compared."""
        return min(self.rates().values(), default=1.0)
