# SPDX-License-Identifier: Apache-2.0
"""What a candidate is made by: documents that nobody learns from and that the gate does not judge by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.scoring.units import Counts
from engine.training.adapters import adapt_like
from engine.training.consolidation import PassScore
from engine.training.growth import grow_heads, labels_beyond
from engine.training.weights import Weights, are_mixable, mix_weights, weights_of, with_weights

from ..gate.answers import answers_of, count_layers

BEYOND_CHANCE = 1.645
"""Standard errors of a normal difference that chance exceeds in one of twenty cases."""

ASTRAY = 3.0
"""Standard errors by which a consolidation must be better to take the learner's place. Of few documents that
differ three that are all won are beyond chance; it takes nine here. What is taken over is not given back."""

Documents = Sequence[Mapping[str, Counts]]
"""For each document what is right, superfluous and missing, by layer."""


def mean_f(pipeline: Pipeline, examples: Sequence[Example]) -> float:
    """Mean F over the layers that the examples annotate; 0 without any."""
    return _mean_f(_layers(_documents(pipeline, examples)))


def score_pass(pipeline: Pipeline, examples: Sequence[Example]) -> PassScore:
    """Mean F over the layers that the examples annotate, and its standard error, as if each answer of people
    were found or missed by itself."""
    layers = _layers(_documents(pipeline, examples))
    squares = sum(one.f1 * (1 - one.f1) / max(one.tp + one.fn, 1.0) for one in layers.values())
    return PassScore(_mean_f(layers), math.sqrt(squares) / max(len(layers), 1))


def is_better(learned: Pipeline, other: Weights, choosing: Sequence[Example]) -> bool:
    """Whether other weights do better on the choosing documents than those that the pipeline has, by more
    than `ASTRAY` standard errors: so that a learner that went astray is caught, and chance changes none."""
    before = _documents(learned, choosing)
    with with_weights(learned, other):
        return _sure_gain(before, _documents(learned, choosing), ASTRAY) > 0


def choose_share(
    learned: Pipeline, champion: Pipeline, shares: Sequence[float], choosing: Sequence[Example]
) -> float:
    """The share of the champion's weights that does best on the choosing documents, where it is better than
    the first share beyond chance, else the first: few documents, which like any of them by luck, change
    nothing.

    A champion whose heads lack labels of the learner's is given them, as new ones that it has not learned
    (see `grow_like`); none of it is kept where heads cannot grow, so that their numbers do not mean the same.
    """
    grow_like(champion, learned)
    if not shares or not are_mixable(learned, champion):
        return 0.0
    if len(shares) == 1 or not choosing:
        return shares[0]
    own, other = weights_of(learned), weights_of(champion)
    found: dict[float, Documents] = {}
    for share in shares:
        with with_weights(learned, mix_weights(own, other, share)):
            found[share] = _documents(learned, choosing)
    return max(shares, key=lambda share: _sure_gain(found[shares[0]], found[share]))


def grow_like(champion: Pipeline, learned: Pipeline) -> None:
    """Give a champion of before the labels that the learner's heads were given since, and its encoders'
    adapters: it says what it said, and each of its numbers means what the learner's does."""
    grow_heads(champion, labels_beyond(champion, learned))
    adapt_like(champion, learned)


def _sure_gain(before: Documents, after: Documents, errors: float = BEYOND_CHANCE) -> float:
    """By how much mean F over the layers rises, 0 where that is less than so many of its standard errors.

    A layer's difference is a sum over the documents, `2 tp' - 2 tp - F (size' - size)`, divided by the new
    size, where a size is `2 tp + fp + fn`.
    """
    layers = _layers(before)
    moved = np.zeros(len(before))
    for layer, counts in layers.items():
        rows = [(old.get(layer, Counts()), new.get(layer, Counts())) for old, new in _pairs(before, after)]
        size = sum(new.size for _, new in rows)
        gains = [2 * (new.tp - old.tp) - counts.f1 * (new.size - old.size) for old, new in rows]
        moved += np.array(gains) / max(size, 1.0) / len(layers)
    gain, error = float(moved.sum()), float(np.sqrt(((moved - moved.mean()) ** 2).sum()))
    return gain if gain > errors * error else 0.0


def _pairs(before: Documents, after: Documents) -> list[tuple[Mapping[str, Counts], Mapping[str, Counts]]]:
    return list(zip(before, after, strict=True))


def _mean_f(layers: Mapping[str, Counts]) -> float:
    return sum(layer.f1 for layer in layers.values()) / max(len(layers), 1)


def _layers(documents: Documents) -> dict[str, Counts]:
    counts: dict[str, Counts] = {}
    for document in documents:
        for layer, found in document.items():
            counts[layer] = counts.get(layer, Counts()) + found
    return counts


def _documents(pipeline: Pipeline, examples: Sequence[Example]) -> Documents:
    return [count_layers(answers) for answers in answers_of(pipeline, examples)]
