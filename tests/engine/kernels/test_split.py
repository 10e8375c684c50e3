# SPDX-License-Identifier: Apache-2.0
"""Split products are float32 products, and the tile kernel that computes them is written in the CPU's tile
instructions."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernels import CompiledCnn
from engine.kernels.amx import emit_block
from engine.kernels.cpu import cpu_features
from engine.kernels.matmul import choose_backend
from engine.kernels.self_check import SHAPES, largest_error, tiles_work
from engine.kernels.split import STEP, TILE, SplitBackend, multiply_emulated, split_rows, split_weights
from tests.engine.batches import bare_batch
from tests.engine.kernels.assembly import assembly
from tests.engine.kernels.encoders import random_weights, random_words, reference_vectors

EMULATED = SplitBackend(multiply_emulated)


def test_parts_sum_to_the_number():
    """High and low part together differ from the number by less than 2**-16 of it."""
    x = np.random.default_rng(0).standard_normal((20, 40)).astype(np.float32) * 100
    high, low = np.empty(x.shape, dtype=np.uint16), np.empty(x.shape, dtype=np.uint16)
    split_rows(x, high, low)
    total = sum((part.astype(np.uint32) << 16).view(np.float32).astype(np.float64) for part in (high, low))
    assert np.abs(total - x).max() <= np.abs(x).max() * 2.0**-16


def test_packed_tiles_hold_the_weights():
    """A packed tile pairs neighbouring inner positions of each column, high tiles before low ones."""
    weights = split_weights(np.random.default_rng(1).standard_normal((40, 70)).astype(np.float32))
    assert weights.packed.shape == (2, 3, 4, TILE, STEP)
    for block, step, half, pair, column in ((0, 0, 0, 0, 0), (1, 2, 0, 5, 3), (0, 1, 1, 15, 15)):
        row, first = block * 32 + half * TILE + column, step * STEP + 2 * pair
        expected = weights.high[row, first : first + 2], weights.low[row, first : first + 2]
        found = [
            weights.packed[block, step, part + half, pair, 2 * column : 2 * column + 2] for part in (0, 2)
        ]
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("n_rows", "n_out", "n_in"), [(1, 1, 1), (33, 49, 96), (70, 370, 96), (64, 14, 64)])
def test_split_product_is_a_float32_product(n_rows, n_out, n_in):
    """Any shape gives `x @ W.T + b` to float32's accuracy, not bfloat16's."""
    rng = np.random.default_rng(0)
    x, W, b = (
        rng.standard_normal(shape).astype(np.float32) for shape in [(n_rows, n_in), (n_out, n_in), n_out]
    )
    np.testing.assert_allclose(EMULATED.linear(W, b)(x), x @ W.T + b, atol=1e-3)


@pytest.mark.parametrize(
    "shape", [{}, {"depth": 1}, {"window": 2}, {"width": 32, "pieces": 2}, {"width": 24}]
)
def test_split_vectors_equal_the_formulas(shape):
    """An encoder in split products gives the formulas' vectors."""
    weights, batch = random_weights(**shape), bare_batch(random_words(1, [5, 0, 1, 1200, 40]))
    np.testing.assert_allclose(
        CompiledCnn(weights, EMULATED).encode(batch), reference_vectors(weights, batch), atol=1e-3
    )


def test_split_classes_are_those_of_float32():
    """Annotations do not move: the best class of every vector is float32's."""
    weights, batch = random_weights(), bare_batch(random_words(2, [1000, 300]))
    rng = np.random.default_rng(3)
    W, b = rng.standard_normal((300, 96)).astype(np.float32), np.zeros(300, dtype=np.float32)
    found = [
        backend.linear(W, b).argmax(CompiledCnn(weights, backend).encode(batch))
        for backend in (EMULATED, choose_backend("fp32"))
    ]
    assert np.array_equal(*found)


def test_tile_kernel_compiles_to_tile_instructions():
    """LLVM turns the kernel into twelve products a step, whatever CPU this is."""
    code = assembly(emit_block, 7, "sapphirerapids", "+amx-tile,+amx-bf16")
    counts = {name: code.count(name) for name in ("tdpbf16ps", "tileloadd", "tilestored", "tilezero")}
    assert counts == {"tdpbf16ps": 12, "tileloadd": 12, "tilestored": 4, "tilezero": 4}


def test_cpu_without_tiles_does_not_use_them():
    """Where the CPU has no tiles nothing is tried, and nothing is claimed."""
    assert tiles_work() in ({False} if not cpu_features().amx_bf16 else {False, True})


@pytest.mark.skipif(not tiles_work(), reason="needs a CPU with AMX")
@pytest.mark.parametrize("shape", SHAPES)
def test_tiles_give_the_products(shape):
    """On a CPU with tiles they give the sums of the definition."""
    assert largest_error(*shape) < 1e-3
