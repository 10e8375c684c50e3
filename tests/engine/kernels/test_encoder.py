# SPDX-License-Identifier: Apache-2.0
"""The compiled encoder gives the vectors that its formulas say, on every back end of this CPU."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from engine.kernels import available_backends, choose_backend
from engine.kernels.encoder import CnnEncoder
from engine.kernels.product_stack import ProductStack
from tests.engine.batches import bare_batch
from tests.engine.kernels.encoders import random_weights, random_words, reference_vectors

TOLERANCE = {"bf16": 0.2}
LENGTHS = [5, 0, 1, 2, 3, 40, 0, 7, 1300, 4, 1]


@pytest.mark.parametrize("backend", available_backends())
@pytest.mark.parametrize(
    "shape", [{}, {"depth": 1}, {"depth": 2}, {"depth": 0}, {"width": 32}, {"window": 2}, {"pieces": 2}]
)
def test_vectors_equal_the_formulas(backend, shape):
    """Any depth, width, window and number of pieces gives the formulas' vectors, padding included."""
    weights, batch = random_weights(**shape), bare_batch(random_words(1, LENGTHS))
    vectors = choose_backend(backend).encoder(weights).encode(batch)
    np.testing.assert_allclose(vectors, reference_vectors(weights, batch), atol=TOLERANCE.get(backend, 1e-4))


@pytest.mark.parametrize("backend", available_backends())
def test_vectors_do_not_depend_on_neighbours(backend):
    """A document has the same vectors alone and within a batch, up to rounding."""
    encoder, words = choose_backend(backend).encoder(random_weights()), random_words(2, LENGTHS)
    together = encoder.encode(bare_batch(words))
    alone = np.concatenate([encoder.encode(bare_batch([doc])) for doc in words])
    np.testing.assert_allclose(together, alone, atol=TOLERANCE.get(backend, 1e-4))


@pytest.mark.parametrize("words", [[], [[]], [[], []]])
def test_batch_without_tokens_has_no_vectors(words):
    """A batch without documents or without tokens gives an empty array of the right width."""
    assert choose_backend().encoder(random_weights()).encode(bare_batch(words)).shape == (0, 96)


def test_same_batch_gives_the_same_bits():
    """Two runs over one batch are equal bit for bit, whatever ran in between."""
    encoder, batch = choose_backend().encoder(random_weights()), bare_batch(random_words(3, LENGTHS))
    first = encoder.encode(batch)
    encoder.encode(bare_batch(random_words(4, [700, 3])))
    assert np.array_equal(first, encoder.encode(batch))


@pytest.mark.parametrize("backend", [name for name in available_backends() if name != "bf16"])
def test_document_over_many_tiles_equals_the_formulas(backend):
    """Where tiles meet within a document nothing shows, even in arrays that held other numbers before."""
    weights = random_weights()
    encoder = choose_backend(backend).encoder(weights)
    for seed, length in enumerate([5000, 1020, 1024, 1030, 2048, 2050, 3, 1017]):
        batch = bare_batch(random_words(seed, [length, 2, length % 7]))
        np.testing.assert_allclose(encoder.encode(batch), reference_vectors(weights, batch), atol=1e-4)


def test_full_table_starts_afresh():
    """A lexeme table that reached its bound is emptied, and vectors stay the same."""
    weights, batch = random_weights(), bare_batch(random_words(5, [30, 30]))
    backend = choose_backend()
    encoder = CnnEncoder(weights, backend, ProductStack(weights, backend.maxout), max_lexemes=4)
    others = [bare_batch([[word, f"{word}{i}"]]) for i, word in enumerate(["a", "b", "c", "d"])]
    for other in others:
        np.testing.assert_allclose(encoder.encode(other), reference_vectors(weights, other), atol=1e-4)
    np.testing.assert_allclose(encoder.encode(batch), reference_vectors(weights, batch), atol=1e-4)


def test_threads_share_an_encoder():
    """Threads that meet new lexemes at the same time get the vectors of one thread alone."""
    weights = random_weights()
    encoder, alone = choose_backend().encoder(weights), choose_backend().encoder(weights)
    words = [[[f"w{(i * 7 + j) % 300}" for j in range(60)]] for i in range(40)]
    whole = bare_batch([doc for batch in words for doc in batch])
    slices = [_slice(whole, i) for i in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(encoder.encode, slices))
    np.testing.assert_allclose(np.concatenate(found), alone.encode(whole), atol=1e-4)


def _slice(batch, doc):
    start, end = batch.doc_offsets[doc : doc + 2]
    names = ("lexeme_ids", "starts", "lengths", "spaces")
    columns = {name: getattr(batch, name)[start:end] for name in names}
    return replace(batch, texts=[batch.texts[doc]], doc_offsets=np.array([0, end - start]), **columns)
