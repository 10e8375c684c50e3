# SPDX-License-Identifier: Apache-2.0
"""The compiled entity decoder takes the plain decoder's actions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.decoders import NerActions, Preset, decode_entities
from engine.decoders.ner_actions import BEGIN, IN, LAST, OUT, UNIT
from engine.kernels import CompiledNer, TransitionWeights, available_backends, choose_backend

LABELS = ("PER", "LOC", "ORG")
ACTIONS = NerActions(
    (*[BEGIN] * 3, *[IN] * 3, *[LAST] * 3, *[UNIT] * 4, OUT), (*LABELS, *LABELS, *LABELS, *LABELS, "", "")
)
OFFSETS = np.array([0, 6, 6, 7, 40, 42, 120])
EXACT = [name for name in available_backends() if name != "bf16"]


def ner_weights(seed: int, n_features: int, n_pieces: int, upper: bool) -> TransitionWeights:
    """Random weights whose scores are far enough apart to survive float32."""
    rng = np.random.default_rng(seed)
    n_hidden = 32 if upper else ACTIONS.n_actions

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    linear = (draw(16, 24), draw(16))
    lower = (
        draw(n_features, n_hidden, n_pieces, 16),
        draw(n_hidden, n_pieces),
        draw(n_features, n_hidden, n_pieces),
    )
    top = (draw(ACTIONS.n_actions, n_hidden), draw(ACTIONS.n_actions)) if upper else (None, None)
    return TransitionWeights(*linear, *lower, *top, ACTIONS.move_ids, ACTIONS.label_ids)


def plain_scores(weights: TransitionWeights, vectors: np.ndarray):
    """Scores of one state, straight from the formulas in float64."""
    tokens = vectors.astype(np.float64) @ weights.linear_W.T + weights.linear_b

    def score(features: np.ndarray) -> np.ndarray:
        state = weights.lower_b.astype(np.float64)
        for f, token in enumerate(features.tolist()):
            state = state + (weights.lower_pad[f] if token < 0 else weights.lower_W[f] @ tokens[token])
        hidden = state.max(axis=1)
        return hidden if weights.upper_W is None else weights.upper_W @ hidden + weights.upper_b

    return score


def agree(weights: TransitionWeights, seed: int, backend: str, sent_starts=None, preset=None) -> bool:
    """Whether the compiled and the plain decoder find the same spans."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((OFFSETS[-1], 24)).astype(np.float32)
    is_space = rng.random(len(vectors)) < 0.1
    plain = decode_entities(
        ACTIONS, plain_scores(weights, vectors), OFFSETS, is_space, sent_starts, len(weights.lower_W), preset
    )
    pair = None if preset is None else (preset.iob, preset.labels)
    decoder = CompiledNer(weights, choose_backend(backend))
    offsets, *columns = decoder.decode(vectors, OFFSETS, is_space, sent_starts, pair)
    spans = list(zip(*(column.tolist() for column in columns), strict=True))
    return [spans[a:b] for a, b in pairwise(offsets)] == plain and any(plain)


@pytest.mark.parametrize("backend", EXACT)
@pytest.mark.parametrize(
    ("n_features", "n_pieces", "upper"),
    [(3, 2, True), (6, 2, True), (3, 1, True), (3, 3, False), (6, 1, False)],
)
def test_spans_equal_the_plain_decoder(backend, n_features, n_pieces, upper):
    """Any number of features and pieces, with and without upper layer, gives the plain decoder's spans."""
    assert all(agree(ner_weights(seed, n_features, n_pieces, upper), seed, backend) for seed in range(5))


@pytest.mark.parametrize("seed", range(5))
def test_sentence_starts_are_respected(seed):
    """Entities do not cross a sentence start that an earlier component set."""
    starts = np.where(np.random.default_rng(seed).random(OFFSETS[-1]) < 0.3, 1, -1).astype(np.int8)
    assert agree(ner_weights(seed, 3, 2, True), seed, "auto", sent_starts=starts)


@pytest.mark.parametrize("seed", range(5))
def test_entities_set_before_are_respected(seed):
    """Preset, blocked and outside tokens limit the actions as they limit the plain decoder's."""
    rng = np.random.default_rng(seed)
    iob = rng.choice([0, 0, 0, 1, 2, 3], OFFSETS[-1]).astype(np.int8)
    labels = np.where((iob == 1) | (iob == 3), rng.integers(-1, 3, len(iob)), -1).astype(np.int32)
    assert agree(ner_weights(seed, 3, 2, True), seed, "auto", preset=Preset(iob, labels))
