# SPDX-License-Identifier: Apache-2.0
"""How far people agree with each other and with the model, with intervals, on what two of them were asked.

Source: K. Krippendorff, Content Analysis (alpha, nominal); B. Efron, bootstrap percentile intervals over
texts.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from schemas import Answer, AnswerKind

FEW = 20
"""Texts below which nothing is claimed."""
RESAMPLES = 400
SEED = 7
Spans = frozenset[tuple[int, int, str]]
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """What two people said about a text: entities, and each token's label."""

    one: Spans
    other: Spans
    tokens: Sequence[tuple[str, str]]


def pair_of(one: Answer, other: Answer) -> Pair:
    """Two people's entities as a pair; tokens are those of the first who has such."""
    tokens = one.tokens or other.tokens or ()
    left, right = spans_of(one), spans_of(other)
    places = [(token.start, token.end) for token in tokens]
    return Pair(left, right, list(zip(_by_token(left, places), _by_token(right, places), strict=True)))


def spans_of(answer: Answer) -> Spans:
    """The entities that an answer names."""
    layer = answer.layers.get("ents")
    return (
        frozenset() if layer is None else frozenset((s.start, s.end, s.label) for s in layer.spans if s.label)
    )


def pairwise_f(pairs: Sequence[Pair], label: str | None = None) -> Measure:
    """F of the one's spans against the other's, of one label or all; None where nobody named any."""
    return Measure([_counts(pair, label) for pair in pairs], _f)


def alpha(pairs: Sequence[Pair]) -> Measure:
    """Krippendorff's alpha, nominal, over the tokens of all texts; None where all said one thing."""
    labels = sorted({label for pair in pairs for two in pair.tokens for label in two})
    places = {label: i for i, label in enumerate(labels)}
    return Measure([_coincidences(pair, places) for pair in pairs], partial(_alpha, n_labels=len(labels)))


@dataclass(frozen=True, slots=True)
class Measure:
    """What texts give, each as numbers that can be added, and what their sum comes to."""

    parts: Sequence[Sequence[int]]
    combine: Callable[[Sequence[int]], float | None]

    @property
    def value(self) -> float | None:
        """Over all texts."""
        return self.of(self.parts)

    def of(self, parts: Sequence[Sequence[int]]) -> float | None:
        """Over some of them."""
        return self.combine([sum(column) for column in zip(*parts, strict=True)]) if parts else None


def interval(measure: Measure) -> dict[str, Any]:
    """A measure with its 95 percent interval, by resampling texts; `few` where there are too few of them."""
    parts, value = measure.parts, measure.value
    told: dict[str, Any] = {"value": value, "texts": len(parts), "few": len(parts) < FEW}
    if value is None or told["few"]:
        return told
    dice = random.Random(SEED)
    drawn = (measure.of(dice.choices(parts, k=len(parts))) for _ in range(RESAMPLES))
    found = sorted(again for again in drawn if again is not None)
    last = len(found) - 1
    return told | {"lower": found[int(0.025 * last)], "upper": found[math.ceil(0.975 * last)]}


def report(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Agreement of two people, in all and by label."""
    labels = sorted({span[2] for pair in pairs for span in pair.one | pair.other})
    return {
        "f": interval(pairwise_f(pairs)),
        "alpha": interval(alpha(pairs)),
        "labels": {label: interval(pairwise_f(pairs, label)) for label in labels},
    }


def anchoring(answers: Sequence[Answer], model: Mapping[str, Spans]) -> dict[str, Any]:
    """Agreement with the model of those who saw its opinion, less that of those who did not: how far it leads
    people. `model`: what it said, by answer."""
    groups: dict[bool, list[Pair]] = {True: [], False: []}
    for answer in answers:
        if answer.answer is AnswerKind.ACCEPT and answer.answer_id in model and answer.queue == "random":
            groups[answer.blind].append(Pair(spans_of(answer), model[answer.answer_id], ()))
    seen, blind = groups[False], groups[True]
    told: dict[str, Any] = {"seen": interval(pairwise_f(seen)), "blind": interval(pairwise_f(blind))}
    one, other = told["seen"]["value"], told["blind"]["value"]
    few = len(seen) < FEW or len(blind) < FEW
    told["difference"] = {"value": None if one is None or other is None else one - other, "few": few}
    return told


def _counts(pair: Pair, label: str | None) -> tuple[int, int]:
    one = {span for span in pair.one if label in (None, span[2])}
    other = {span for span in pair.other if label in (None, span[2])}
    return 2 * len(one & other), len(one) + len(other)


def _f(counts: Sequence[int]) -> float | None:
    return None if not counts[1] else counts[0] / counts[1]


def _coincidences(pair: Pair, places: Mapping[str, int]) -> list[int]:
    """How often each label of the one met each of the other, both ways round, row by row."""
    n = len(places)
    found = [0] * (n * n)
    for one, other in pair.tokens:
        found[places[one] * n + places[other]] += 1
        found[places[other] * n + places[one]] += 1
    return found


def _alpha(coincidences: Sequence[int], n_labels: int) -> float | None:
    rows = [coincidences[i * n_labels : (i + 1) * n_labels] for i in range(n_labels)]
    totals = [sum(row) for row in rows]
    n = sum(totals)
    expected = n * n - sum(count * count for count in totals)
    if n < 2 or not expected:
        return None
    observed = n - sum(row[i] for i, row in enumerate(rows))
    return 1.0 - (n - 1) * observed / expected


def _by_token(spans: Spans, places: Sequence[tuple[int, int]]) -> list[str]:
    labels = [""] * len(places)
    for start, end, label in sorted(spans):
        for i, (left, right) in enumerate(places):
            if left >= start and right <= end:
                labels[i] = label
    return labels
