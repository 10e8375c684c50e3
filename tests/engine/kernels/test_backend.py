# SPDX-License-Identifier: Apache-2.0
"""Back ends multiply alike, and the best class is the first of the largest scores."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernels import available_backends, choose_backend

SHAPES = [(1, 1, 1), (7, 3, 5), (8, 16, 16), (9, 17, 96), (65, 49, 96), (130, 370, 96), (300, 864, 96)]


@pytest.mark.parametrize("backend", available_backends())
@pytest.mark.parametrize(("n_rows", "n_out", "n_in"), SHAPES)
def test_product_equals_numpy(backend, n_rows, n_out, n_in):
    """An affine map of any shape is `x @ W.T + b`."""
    rng = np.random.default_rng(0)
    x, W, b = (
        rng.standard_normal(shape).astype(np.float32) for shape in [(n_rows, n_in), (n_out, n_in), n_out]
    )
    found = choose_backend(backend).linear(W, b)(x)
    np.testing.assert_allclose(found, x @ W.T + b, atol=0.5 if backend == "bf16" else 1e-4)


@pytest.mark.parametrize("backend", available_backends())
@pytest.mark.parametrize(("n_out", "n_pieces"), [(64, 2), (96, 3), (16, 3), (20, 2), (32, 1), (16, 5)])
def test_maxout_equals_numpy(backend, n_out, n_pieces):
    """A maxout map is the largest of its pieces."""
    rng = np.random.default_rng(1)
    x, W, b = (
        rng.standard_normal(shape).astype(np.float32)
        for shape in [(37, 48), (n_out, n_pieces, 48), (n_out, n_pieces)]
    )
    expected = (np.einsum("ni,opi->nop", x, W) + b).max(axis=2)
    found = choose_backend(backend).maxout(W, b)(x)
    np.testing.assert_allclose(found, expected, atol=0.5 if backend == "bf16" else 1e-4)


@pytest.mark.parametrize("backend", available_backends())
@pytest.mark.parametrize("n_classes", [1, 2, 15, 16, 17, 49, 315])
def test_ties_go_to_the_lowest_class(backend, n_classes):
    """Where several classes have the largest score, the first one wins."""
    rng = np.random.default_rng(2)
    x = rng.integers(-2, 3, (50, 8)).astype(np.float32)
    W = rng.integers(-1, 2, (n_classes, 8)).astype(np.float32)
    b = np.zeros(n_classes, dtype=np.float32)
    found = choose_backend(backend).linear(W, b).argmax(x)
    assert found.dtype == np.int32
    assert found.tolist() == (x @ W.T).argmax(axis=1).tolist()


def test_no_rows_give_no_classes():
    """An empty array of vectors has no classes."""
    W = np.ones((5, 96), dtype=np.float32)
    nothing = np.zeros((0, 96), dtype=np.float32)
    assert choose_backend().linear(W, W[:, 0]).argmax(nothing).shape == (0,)
