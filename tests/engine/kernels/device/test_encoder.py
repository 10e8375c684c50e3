# SPDX-License-Identifier: Apache-2.0
"""The torch device path gives the compiled path's vectors and classes; checked on the device that every
machine has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.kernels import choose_backend
from engine.kernels.device import DeviceBackend
from tests.engine.batches import bare_batch
from tests.engine.kernels.encoders import random_weights, random_words, reference_vectors

torch = pytest.importorskip("torch", reason="needs torch")


@pytest.mark.parametrize("shape", [{}, {"depth": 0}, {"window": 2}, {"width": 32, "pieces": 2}])
def test_device_vectors_equal_the_formulas(shape):
    """A device gives the formulas' vectors for any shape of encoder."""
    weights, batch = random_weights(**shape), bare_batch(random_words(1, [5, 0, 1, 40, 0]))
    vectors = DeviceBackend("cpu").encoder(weights).encode(batch)
    np.testing.assert_allclose(vectors, reference_vectors(weights, batch), atol=1e-4)


def test_device_classes_equal_the_host_classes():
    """The first best class is the same on a device, ties included."""
    rng = np.random.default_rng(0)
    x, W = rng.integers(-2, 3, (50, 8)).astype(np.float32), rng.integers(-1, 2, (40, 8)).astype(np.float32)
    b = np.zeros(40, dtype=np.float32)
    host, device = choose_backend(), DeviceBackend("cpu")
    assert device.linear(W, b).argmax(x).tolist() == host.linear(W, b).argmax(x).tolist()


@pytest.mark.parametrize("words", [[], [[]]])
def test_device_takes_empty_batches(words):
    """A batch without tokens gives an empty array on a device too."""
    assert DeviceBackend("cpu").encoder(random_weights()).encode(bare_batch(words)).shape == (0, 96)


def test_device_has_no_encoder_for_embeddings_that_are_functions():
    """Where the embedding is a function on the host there is no encoder on the device, and nobody has to ask
    which back end it is."""
    weights = replace(random_weights(), embed=lambda lexemes, ids: np.zeros((len(ids), 96), np.float32))
    assert DeviceBackend("cpu").encoder(weights) is None
    assert choose_backend().encoder(weights) is not None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_vectors_equal_the_formulas():
    """A GPU gives the formulas' vectors."""
    weights, batch = random_weights(), bare_batch(random_words(1, [5, 0, 1, 400]))
    vectors = choose_backend("auto", "cuda").encoder(weights).encode(batch)
    np.testing.assert_allclose(vectors, reference_vectors(weights, batch), atol=1e-3)
