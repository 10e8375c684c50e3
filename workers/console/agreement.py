# SPDX-License-Identifier: Apache-2.0
"""How far people agree with each other and with the model, with intervals, on what two of them were asked.

Source: K. Krippendorff, Content Analysis (alpha, nominal); B. Efron, bootstrap percentile intervals over
texts.
"""

from __future__ import annotations

import random
from collections import Counter
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


def pairwise_f(pairs: Sequence[Pair], label: str | None = None) -> float | None:
    """F of the one's spans against the other's, of one label or all; None where nobody named any."""
    counts = [_counts(pair, label) for pair in pairs]
    return _f([sum(column) for column in zip(*counts, strict=True)] if counts else [0, 0])


def alpha(pairs: Sequence[Pair]) -> float | None:
    """Krippendorff's alpha, nominal, over the tokens of all texts; None where all said one thing."""
    coincidences: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        for one, other in pair.tokens:
            coincidences[one, other] += 1
            coincidences[other, one] += 1
    return _alpha(coincidences)


def interval(pairs: Sequence[Pair], measure: Callable[[Sequence[Pair]], float | None]) -> dict[str, Any]:
    """A measure with its 95 percent interval, by resampling texts; `few` where there are too few of them."""
    value = measure(pairs)
    told: dict[str, Any] = {"value": value, "texts": len(pairs), "few": len(pairs) < FEW}
    if value is None or told["few"]:
        return told
    dice, found = random.Random(SEED), []
    for _ in range(RESAMPLES):
        again = measure([pairs[dice.randrange(len(pairs))] for _ in pairs])
        if again is not None:
            found.append(again)
    found.sort()
    return told | {
        "lower": found[int(0.025 * len(found))],
        "upper": found[min(int(0.975 * len(found)), len(found) - 1)],
    }


def report(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Agreement of two people, in all and by label."""
    labels = sorted({span[2] for pair in pairs for span in pair.one | pair.other})
    return {
        "f": interval(pairs, pairwise_f),
        "alpha": interval(pairs, alpha),
        "labels": {label: interval(pairs, partial(pairwise_f, label=label)) for label in labels},
    }


def anchoring(answers: Sequence[Answer], model: Mapping[str, Spans]) -> dict[str, Any]:
    """Agreement with the model of those who saw its opinion, less that of those who did not: how far it leads
    people. `model`: what it said, by answer."""
    groups: dict[bool, list[Pair]] = {True: [], False: []}
    for answer in answers:
        if answer.answer is AnswerKind.ACCEPT and answer.answer_id in model and answer.queue == "random":
            groups[answer.blind].append(Pair(spans_of(answer), model[answer.answer_id], ()))
    seen, blind = groups[False], groups[True]
    told: dict[str, Any] = {"seen": interval(seen, pairwise_f), "blind": interval(blind, pairwise_f)}
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


def _alpha(coincidences: Counter[tuple[str, str]]) -> float | None:
    totals: Counter[str] = Counter()
    for (one, _), count in coincidences.items():
        totals[one] += count
    n = sum(totals.values())
    expected = n * n - sum(count * count for count in totals.values())
    if n < 2 or not expected:
        return None
    observed = sum(count for (one, other), count in coincidences.items() if one != other)
    return 1.0 - (n - 1) * observed / expected


def _by_token(spans: Spans, places: Sequence[tuple[int, int]]) -> list[str]:
    labels = [""] * len(places)
    for start, end, label in sorted(spans):
        for i, (left, right) in enumerate(places):
            if left >= start and right <= end:
                labels[i] = label
    return labels
