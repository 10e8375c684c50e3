# SPDX-License-Identifier: Apache-2.0
"""Eight bits, and what is done when memory runs out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.kernels.int8_rows import bytes_of_rows, floats_of_products, largest_bits
from engine.lazy_torch import torch
from engine.transformer import Backend
from engine.transformer.memory_ladder import MemoryLadder, OutOfMemoryError, Rung
from engine.transformer.packed_attention import AttentionCall, PackPlan, attend_runs
from engine.transformer.row_int8 import rows_in_int8

from .tiny import some_pieces, tiny_encoder


@pytest.mark.parametrize("family", ["albert", "bert", "distilbert", "modernbert", "mpnet"])
def test_eight_bits_are_near(family: str) -> None:
    """Rows point the same way as those of fp32 (cosine 0.98 for each), and the weights stay whole."""
    encoder, low = tiny_encoder(family), tiny_encoder(family, Backend(precision="int8"))
    pieces = some_pieces([1, 40, 3, 3, 17])
    full, rows = encoder.encode(*pieces).last, low.encode(*pieces).last
    cosine = (full * rows).sum(1) / np.linalg.norm(full, axis=1) / np.linalg.norm(rows, axis=1)
    assert 0.98 < cosine.min() < 1
    for name, array in low.state().items():
        np.testing.assert_array_equal(array, encoder.state()[name])


def test_compiled_rows_in_bytes_are_as_the_plain_ones() -> None:
    """The same bytes but for halves, and products back in floats; a row of zeros stays one."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(7, 33)).astype(np.float32)
    rows[2] = 0
    plain, plain_scales = (each.numpy() for each in rows_in_int8(torch.from_numpy(rows)))
    largest, found, scales = np.empty(7, np.int32), np.empty((7, 33), np.int8), np.empty(7, np.float32)
    largest_bits(rows.view(np.int32), largest)
    bytes_of_rows(rows, largest.view(np.float32), found, scales)
    np.testing.assert_allclose(scales[:2], plain_scales[:2, 0], rtol=1e-6)
    assert np.abs(found.astype(int) - plain.astype(int)).max() <= 1
    assert not found[2].any()
    products, out = rng.integers(-999, 999, (7, 5)).astype(np.int32), np.empty((7, 5), np.float32)
    columns, bias = rng.random(5).astype(np.float32), rng.random(5).astype(np.float32)
    floats_of_products(products, scales, columns, bias, out)
    np.testing.assert_allclose(out, products * scales[:, None] * columns + bias, rtol=1e-5)


def small_device(largest: int) -> Any:
    """Attention of a device that has memory for so many pieces."""

    def attend(query: Any, key: Any, value: Any, plan: PackPlan, call: AttentionCall) -> Any:
        if len(query) > largest:
            raise torch.OutOfMemoryError(f"no memory for {len(query)} pieces")
        return attend_runs(query, key, value, plan, call)

    return attend


def test_packs_are_halved_until_they_fit() -> None:
    """The rows are the same, the budget stays small, and both halvings are counted."""
    encoder = tiny_encoder("bert", Backend(budget=400, attend=small_device(110)))
    pieces = some_pieces([50] * 8)
    got = encoder.encode(*pieces).last
    np.testing.assert_allclose(got, tiny_encoder("bert").encode(*pieces).last, rtol=0, atol=1e-5)
    assert encoder.memory.counts == {Rung.HALVED: 2}
    encoder.encode(*pieces)
    assert encoder.memory.counts == {Rung.HALVED: 2}


def test_what_fits_nowhere_is_refused() -> None:
    """On the CPU there is nothing below small packs."""
    encoder = tiny_encoder("bert", Backend(budget=200, attend=small_device(70)))
    with pytest.raises(OutOfMemoryError, match=r"memory of cpu in packs of 64 pieces"):
        encoder.encode(*some_pieces([150]))
    assert encoder.memory.counts[Rung.REFUSED] == 1


def test_a_device_without_memory_hands_over_to_the_cpu() -> None:
    """After halving, and counted; what fits neither is refused."""
    ladder = MemoryLadder()

    def attempt(budget: int, on_cpu: bool) -> str:
        if not on_cpu:
            raise torch.OutOfMemoryError("full")
        return f"{budget} pieces on the CPU"

    assert ladder.run(attempt, 256, "cuda:0", "bert") == "64 pieces on the CPU"
    assert ladder.counts == {Rung.HALVED: 2, Rung.ON_CPU: 1}

    def never(budget: int, on_cpu: bool) -> str:
        raise torch.OutOfMemoryError("full")

    with pytest.raises(OutOfMemoryError, match="cuda:0 and cpu"):
        ladder.run(never, 64, "cuda:0", "bert")
