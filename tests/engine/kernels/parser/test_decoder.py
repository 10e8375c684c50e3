# SPDX-License-Identifier: Apache-2.0
"""The compiled parser takes the plain parser's actions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.decoders import decode_arcs
from engine.kernels import CompiledParser, TransitionWeights, available_backends, choose_backend

from ..transition_models import plain_scores
from .random_parser import ACTIONS, parser_weights

OFFSETS = np.array([0, 6, 6, 7, 40, 42, 420])
EXACT = [name for name in available_backends() if name != "bf16"]


def agree(
    weights: TransitionWeights, seed: int, backend: str = "auto", sent_starts=None, rows_each: int = 32
) -> bool:
    """Whether the compiled and the plain decoder make the same arcs."""
    vectors = np.random.default_rng(seed).standard_normal((OFFSETS[-1], 24)).astype(np.float32)
    plain = decode_arcs(ACTIONS, plain_scores(weights, vectors), OFFSETS, sent_starts, len(weights.lower_W))
    parser = CompiledParser(weights, ACTIONS.subtok_id, choose_backend(backend), rows_each)
    heads, labels = parser.decode(vectors, OFFSETS, sent_starts)
    return (
        np.array_equal(heads, plain.heads)
        and np.array_equal(labels, plain.labels)
        and bool((heads >= 0).any())
    )


@pytest.mark.parametrize("backend", EXACT)
@pytest.mark.parametrize(
    ("n_features", "n_pieces", "upper"),
    [(8, 2, True), (13, 2, True), (8, 1, True), (8, 3, False), (13, 1, False)],
)
def test_arcs_equal_the_plain_decoder(backend, n_features, n_pieces, upper):
    """Any number of features and pieces, with and without upper layer, gives the plain decoder's arcs."""
    assert all(agree(parser_weights(seed, n_features, n_pieces, upper), seed, backend) for seed in range(3))


@pytest.mark.parametrize("seed", range(6))
def test_sentence_starts_set_before_are_respected_alike(seed):
    """Starts and continuations set by an earlier component limit both decoders in the same way."""
    starts = np.random.default_rng(seed).choice([0, 0, 1, -1], OFFSETS[-1]).astype(np.int8)
    assert agree(parser_weights(seed, 8 + 5 * (seed % 2), 2, True), seed, sent_starts=starts)


@pytest.mark.parametrize("seed", range(6))
def test_products_are_made_again(seed):
    """Products that were overwritten are made again, and the arcs are the same."""
    assert agree(parser_weights(seed, 8 + 5 * (seed % 2), 3, True), seed, rows_each=8)


@pytest.mark.parametrize("seed", range(4))
def test_documents_in_step_are_parsed_as_if_alone(seed):
    """Many documents of all lengths at once get the arcs that each gets on its own."""
    rng = np.random.default_rng(seed)
    weights = parser_weights(seed, 8 + 5 * (seed % 2), 3, True)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(0, 60, 150))])
    vectors = rng.standard_normal((offsets[-1], 24)).astype(np.float32)
    parser = CompiledParser(weights, ACTIONS.subtok_id, choose_backend(EXACT[seed % len(EXACT)]))
    heads, labels = parser.decode(vectors, offsets)
    for first, end in pairwise(offsets.tolist()):
        alone, names = parser.decode(vectors[first:end], np.array([0, end - first]))
        assert np.array_equal(np.where(alone >= 0, alone + first, -1), heads[first:end])
        assert np.array_equal(names, labels[first:end])
