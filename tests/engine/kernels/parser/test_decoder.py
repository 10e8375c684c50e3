# SPDX-License-Identifier: Apache-2.0
"""The compiled parser takes the plain parser's actions, and makes the plain trees."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.decoders import ArcActions, decode_arcs
from engine.decoders.parser_actions import BREAK, LEFT, REDUCE, RIGHT, SHIFT
from engine.doc.projectivity import deprojectivize
from engine.doc.tree import edges_of, sentence_starts
from engine.kernels import choose_backend
from engine.kernels.backend import available_backends
from engine.kernels.parser.decoder import CompiledParser
from engine.kernels.parser.forest import finish_trees
from engine.kernels.weights import TransitionWeights

ARCS = ("obj", "nsubj", "subtok", "obl||obj", "nsubj||obj", "det")
ACTIONS = ArcActions(
    (SHIFT, REDUCE, *[LEFT] * 6, *[RIGHT] * 6, BREAK, LEFT, RIGHT),
    ("", "", *ARCS, *ARCS, "ROOT", "late", "late"),
)
OFFSETS = np.array([0, 6, 6, 7, 40, 42, 420])
EXACT = [name for name in available_backends() if name != "bf16"]


def parser_weights(seed: int, n_features: int, n_pieces: int, upper: bool) -> TransitionWeights:
    """Random weights whose scores are far enough apart to survive float32; they like arcs better than
    nothing."""
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
    products = np.einsum("nh,foph->nfop", tokens, weights.lower_W)

    def score(features: np.ndarray) -> np.ndarray:
        state = weights.lower_b.astype(np.float64)
        for f, token in enumerate(features.tolist()):
            state = state + (weights.lower_pad[f] if token < 0 else products[token, f])
        hidden = state.max(axis=1)
        return hidden if weights.upper_W is None else weights.upper_W @ hidden + weights.upper_b

    return score


def agree(
    weights: TransitionWeights, seed: int, backend: str = "auto", sent_starts=None, lane_rows: int = 32
) -> bool:
    """Whether the compiled and the plain decoder make the same arcs."""
    vectors = np.random.default_rng(seed).standard_normal((OFFSETS[-1], 24)).astype(np.float32)
    plain = decode_arcs(ACTIONS, plain_scores(weights, vectors), OFFSETS, sent_starts, len(weights.lower_W))
    parser = CompiledParser(weights, ACTIONS.subtok_id, choose_backend(backend), lane_rows)
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
    assert agree(parser_weights(seed, 8 + 5 * (seed % 2), 3, True), seed, lane_rows=8)


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


@pytest.mark.parametrize("seed", range(20))
def test_trees_equal_the_plain_ones(seed):
    """Roots, edges, sentence starts and decorated labels are finished as the plain functions do it, on any
    arcs."""
    rng = np.random.default_rng(seed)
    heads, labels, offsets = random_arcs(rng)
    is_space = rng.random(len(heads)) < 0.1
    expected = [plain_tree(heads, labels, is_space, a, b) for a, b in pairwise(offsets)]
    ids = np.array([ACTIONS.labels.index(label) for label in labels], dtype=np.int32)
    positions, starts = finish_trees(
        np.array(heads, np.int32), ids, offsets, is_space, ACTIONS.root_id, ACTIONS.restored
    )
    assert positions.tolist() == [head for tree in expected for head in tree[0]]
    assert [ACTIONS.labels[i] for i in ids] == [label for tree in expected for label in tree[1]]
    assert starts.tolist() == [start for tree in expected for start in tree[2]]


def random_arcs(rng: np.random.Generator) -> tuple[list[int], list[str], np.ndarray]:
    """Acyclic arcs, crossing or not, in a few documents; -1 for no head."""
    heads: list[int] = []
    offsets = [0]
    for size in rng.integers(0, 30, 5).tolist():
        first, reach = len(heads), int(rng.integers(2, 30))
        order = rng.permutation(size)
        for i in range(size):
            above = [j for j in range(size) if order[j] < order[i] and abs(i - j) < reach]
            heads.append(-1 if not above or rng.random() < 0.1 else first + int(rng.choice(above)))
        offsets.append(len(heads))
    labels = [str(rng.choice(ARCS)) if head >= 0 else "ROOT" for head in heads]
    return heads, labels, np.array(offsets)


def plain_tree(heads, labels, is_space, first, end):
    """Heads by position, labels and sentence starts of one document, by the plain functions."""
    local = [head - first if head >= 0 else i for i, head in enumerate(heads[first:end])]
    local, names = deprojectivize(local, labels[first:end], is_space[first:end])
    return local, names, sentence_starts(local, edges_of(local)[0])
