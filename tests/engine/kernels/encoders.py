# SPDX-License-Identifier: Apache-2.0
"""A CNN encoder as its formulas say it, one document at a time in float64, and random weights for it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from engine.doc.batch import Batch
from engine.kernels import CnnWeights
from engine.vocab.row_hashes import rows

ATTRS = ("NORM", "PREFIX", "SUFFIX", "SHAPE")
WORDS = ["the", "cat", "sat", "on", "Mat", ",", "2024", "running", "Xu", "."]


def random_weights(
    seed: int = 0, *, width: int = 96, pieces: int = 3, depth: int = 4, window: int = 1
) -> CnnWeights:
    """Weights whose outputs have the size of trained ones."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> Any:
        return (rng.standard_normal(shape) * 0.1).astype(np.float32)

    conv = tuple(
        (draw(width, pieces, (2 * window + 1) * width), draw(width, pieces), 1 + draw(width), draw(width))
        for _ in range(depth)
    )
    tables = tuple(draw(n_rows, width) for n_rows in (500, 100, 250, 250))
    mix = (draw(width, pieces, 4 * width), draw(width, pieces), 1 + draw(width), draw(width))
    return CnnWeights(ATTRS, tables, (8, 9, 10, 11), *mix, conv, window)


def reference_vectors(weights: CnnWeights, batch: Batch) -> Any:
    """Token vectors. Shape: `(n_tokens, width)`, float64."""
    embedded = [
        table.astype(np.float64)[rows(batch.lexemes.attribute(attr)[batch.lexeme_ids], seed, len(table))].sum(
            axis=1
        )
        for attr, table, seed in zip(weights.attrs, weights.tables, weights.seeds, strict=True)
    ]
    mixed = _norm(
        _maxout(np.concatenate(embedded, axis=1), weights.mix_W, weights.mix_b),
        weights.mix_G,
        weights.mix_beta,
    )
    bounds = batch.doc_offsets.tolist()
    return np.concatenate([_encode(weights, mixed[start:end]) for start, end in pairwise(bounds)])


def random_words(seed: int, lengths: list[int]) -> list[list[str]]:
    """Documents of the given numbers of words."""
    rng = np.random.default_rng(seed)
    return [[WORDS[i] for i in rng.integers(0, len(WORDS), length)] for length in lengths]


def _encode(weights: CnnWeights, vectors: Any) -> Any:
    if not len(vectors):
        return vectors
    padding, window = len(weights.conv) * weights.window, weights.window
    vectors = np.pad(vectors, ((padding, padding), (0, 0)))
    for W, b, gain, shift in weights.conv:
        wide = np.pad(vectors, ((window, window), (0, 0)))
        windows = np.concatenate([wide[i : i + len(vectors)] for i in range(2 * window + 1)], axis=1)
        vectors = vectors + _norm(_maxout(windows, W, b), gain, shift)
    return vectors[padding : len(vectors) - padding]


def _maxout(vectors: Any, W: Any, b: Any) -> Any:
    return (np.einsum("ni,opi->nop", vectors, W.astype(np.float64)) + b).max(axis=2)


def _norm(vectors: Any, gain: Any, shift: Any) -> Any:
    mean, variance = vectors.mean(axis=1, keepdims=True), vectors.var(axis=1, keepdims=True)
    return (vectors - mean) / np.sqrt(variance + 1e-8) * gain + shift
