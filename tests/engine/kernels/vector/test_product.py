# SPDX-License-Identifier: Apache-2.0
"""The product of training: NumPy's values for any shape, and bits that depend on its inputs alone."""

from __future__ import annotations

from itertools import product as pairs

import numpy as np
import pytest

from engine.kernels import cpu_features
from engine.kernels.product import product
from engine.kernels.vector.product import emit_tile
from engine.kernels.vector.tiles import TILE_ROWS
from tests.engine.kernels.vector.assembly import CPUS, assembly, multiply_adds, registers_overflow

ROWS = (1, 7, 8, 9, 65)
COLUMNS = (1, 15, 16, 17, 48, 49, 97, 195)


def random_pair(n: int, k: int, m: int, turned: tuple[bool, bool]) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays that fit, each of them as the transpose of a C-ordered one if asked for."""
    rng = np.random.default_rng(n * m)
    x, y = (rng.standard_normal(shape).astype(np.float32) for shape in ((n, k), (k, m)))
    return tuple(np.ascontiguousarray(a.T).T if t else a for a, t in zip((x, y), turned, strict=True))


@pytest.mark.parametrize("turned", list(pairs((False, True), repeat=2)))
@pytest.mark.parametrize("depth", [1, 16, 33])
def test_product_is_that_of_numpy(turned: tuple[bool, bool], depth: int) -> None:
    """Whatever the shape and the order in memory; nothing is written beside the array that is given."""
    for n, m in pairs(ROWS, COLUMNS):
        x, y = random_pair(n, depth, m, turned)
        around = np.full((n + 2, m), 7, dtype=np.float32)
        assert np.allclose(product(x, y, around[1:-1]), x @ y, atol=1e-4)
        assert (around[[0, -1]] == 7).all()


def test_a_sum_is_made_in_one_order() -> None:
    """A number of the product has the bits of a sum along the inner dimension, a product and a sum rounded
    once, whatever rows and columns are beside it: so on AVX2, AVX-512 and NEON alike. SSE rounds twice."""
    x, y = random_pair(21, 300, 70, (True, False))
    total = np.zeros((21, 70), dtype=np.float32)
    exact = np.longdouble if cpu_features().fma else np.float32  # of 24 bits times 24 bits, and their sum
    for step in range(300):
        total = (x[:, step, None].astype(exact) * y[step] + total).astype(np.float32)
    assert (product(x, y) == total).all()
    assert (product(x[3:4], y[:, 5:6]) == total[3, 5]).all()


def test_no_rows_no_columns_and_no_depth_are_products_too() -> None:
    """Shapes with a 0 give zeros or nothing."""
    for n, k, m in ((0, 3, 4), (3, 0, 4), (3, 4, 0)):
        found = product(np.ones((n, k), np.float32), np.ones((k, m), np.float32))
        assert found.shape == (n, m)
        assert not found.any()


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("cols", [1, 3])
def test_tile_keeps_its_sums_in_registers(cpu: str, cols: int) -> None:
    """The inner loop is one multiply-add a sum, and nothing is put aside on the stack."""
    code = assembly(lambda builder, args: emit_tile(builder, args, cols), 7, cpu)
    assert multiply_adds(code) == TILE_ROWS * cols
    assert not registers_overflow(code)
