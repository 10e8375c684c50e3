# SPDX-License-Identifier: Apache-2.0
"""The compiled entity decoder takes the plain decoder's actions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.decoders import NerActions, Preset, decode_entities
from engine.decoders.ner_actions import BEGIN, IN, LAST, OUT, UNIT
from engine.kernels import CompiledNer, TransitionWeights, available_backends, choose_backend

from ..transition_models import plain_scores, random_transition_weights

LABELS = ("PER", "LOC", "ORG")
ACTIONS = NerActions(
    (*[BEGIN] * 3, *[IN] * 3, *[LAST] * 3, *[UNIT] * 4, OUT), (*LABELS, *LABELS, *LABELS, *LABELS, "", "")
)
OFFSETS = np.array([0, 6, 6, 7, 40, 42, 120])
EXACT = [name for name in available_backends() if name != "bf16"]


def ner_weights(seed: int, n_features: int, n_pieces: int, upper: bool) -> TransitionWeights:
    """Random weights for these actions."""
    return random_transition_weights(ACTIONS, seed, n_features, n_pieces, upper)


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


@pytest.mark.parametrize(("n_features", "n_pieces", "upper"), [(3, 2, True), (6, 1, False)])
def test_surprises_equal_the_plain_decoder(n_features, n_pieces, upper):
    """Asked how sure it is, the compiled decoder leaves minus the logarithm of each action's probability
    among the valid ones, as the plain one does."""
    weights = ner_weights(3, n_features, n_pieces, upper)
    vectors = np.random.default_rng(3).standard_normal((OFFSETS[-1], 24)).astype(np.float32)
    is_space = np.zeros(len(vectors), dtype=bool)
    plain, found = (np.zeros(len(vectors), dtype=np.float32) for _ in range(2))
    decode_entities(
        ACTIONS, plain_scores(weights, vectors), OFFSETS, is_space, None, n_features, surprises=plain
    )
    decoder = CompiledNer(weights, choose_backend("auto"))
    decoder.decode(vectors, OFFSETS, is_space, surprises=found)
    assert plain.max() > 0.1
    np.testing.assert_allclose(found, plain, rtol=1e-3, atol=1e-4)
