# SPDX-License-Identifier: Apache-2.0
"""The torch device path gives the compiled path's vectors and classes; checked on the device that every
machine has."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.kernels import CompiledCnn, choose_backend, linear_argmax
from engine.kernels.device.encoder import DeviceBackend
from tests.engine.batches import bare_batch
from tests.engine.kernels.encoders import random_weights, random_words, reference_vectors


@pytest.mark.parametrize("shape", [{}, {"depth": 0}, {"window": 2}, {"width": 32, "pieces": 2}])
def test_device_vectors_equal_the_formulas(shape):
    """A device gives the formulas' vectors for any shape of encoder."""
    weights, batch = random_weights(**shape), bare_batch(random_words(1, [5, 0, 1, 40, 0]))
    vectors = CompiledCnn(weights, DeviceBackend("cpu")).encode(batch)
    np.testing.assert_allclose(vectors, reference_vectors(weights, batch), atol=1e-4)


def test_device_classes_equal_the_host_classes():
    """The first best class is the same on a device, ties included."""
    rng = np.random.default_rng(0)
    x, W = rng.integers(-2, 3, (50, 8)).astype(np.float32), rng.integers(-1, 2, (40, 8)).astype(np.float32)
    b = np.zeros(40, dtype=np.float32)
    assert (
        linear_argmax(x, W, b, DeviceBackend("cpu")).tolist()
        == linear_argmax(x, W, b, choose_backend()).tolist()
    )


@pytest.mark.parametrize("words", [[], [[]]])
def test_device_takes_empty_batches(words):
    """A batch without tokens gives an empty array on a device too."""
    assert CompiledCnn(random_weights(), DeviceBackend("cpu")).encode(bare_batch(words)).shape == (0, 96)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_vectors_equal_the_formulas():
    """A GPU gives the formulas' vectors."""
    weights, batch = random_weights(), bare_batch(random_words(1, [5, 0, 1, 400]))
    vectors = CompiledCnn(weights, choose_backend("auto", "cuda")).encode(batch)
    np.testing.assert_allclose(vectors, reference_vectors(weights, batch), atol=1e-3)
