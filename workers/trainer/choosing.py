# SPDX-License-Identifier: Apache-2.0
"""What a candidate is made by: documents that nobody learns from and that the gate does not judge by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.scoring.units import Counts
from engine.training.consolidation import PassScore
from engine.training.weights import are_mixable, mix_weights, weights_of, with_weights

from ..gate.answers import answers_of


def mean_f(pipeline: Pipeline, examples: Sequence[Example]) -> float:
    """Mean F over the layers that the examples annotate; 0 without any."""
    return _mean_f(_layers(pipeline, examples))


def score_pass(pipeline: Pipeline, examples: Sequence[Example]) -> PassScore:
    """Mean F over the layers that the examples annotate, and its standard error, as if each answer of people
    were found or missed by itself."""
    layers = _layers(pipeline, examples)
    squares = sum(one.f1 * (1 - one.f1) / max(one.tp + one.fn, 1.0) for one in layers.values())
    return PassScore(_mean_f(layers), math.sqrt(squares) / max(len(layers), 1))


def choose_share(
    learned: Pipeline, champion: Pipeline, shares: Sequence[float], choosing: Sequence[Example]
) -> float:
    """The share of the champion's weights that does best on the choosing documents; of equal ones the first.
    Without documents to choose by the first; none where a head of the learner has labels that the champion
    does not have, since then their numbers do not mean the same."""
    if not shares or not are_mixable(learned, champion):
        return 0.0
    if len(shares) == 1 or not choosing:
        return shares[0]
    own, other = weights_of(learned), weights_of(champion)
    scores: dict[float, float] = {}
    for share in shares:
        with with_weights(learned, mix_weights(own, other, share)):
            scores[share] = mean_f(learned, choosing)
    return max(scores, key=lambda share: scores[share])


def _mean_f(layers: Mapping[str, Counts]) -> float:
    return sum(layer.f1 for layer in layers.values()) / max(len(layers), 1)


def _layers(pipeline: Pipeline, examples: Sequence[Example]) -> dict[str, Counts]:
    counts: dict[str, Counts] = {}
    for answers in answers_of(pipeline, examples):
        for layer, pair in answers.items():
            counts[layer] = counts.get(layer, Counts()) + Counts.of(*pair)
    return counts
