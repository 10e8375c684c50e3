# SPDX-License-Identifier: Apache-2.0
"""The float32 tile stays in registers on every CPU with this one's vectors: that is where its speed comes
from."""

from __future__ import annotations

import pytest

from engine.kernels.vector.tiles import TILE_ROWS, emit_tile
from tests.engine.kernels.vector.assembly import CPUS, assembly, multiply_adds, registers_overflow


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize(("cols", "maximum"), [(1, False), (3, False), (2, True), (3, True)])
def test_tile_keeps_its_sums_in_registers(cpu, cols, maximum):
    """The inner loop is one multiply-add a sum on the widest registers, and nothing is put aside on the
    stack."""
    code = assembly(lambda builder, args: emit_tile(builder, args, cols, maximum), 7, cpu)
    assert multiply_adds(code) == TILE_ROWS * cols
    assert not registers_overflow(code)
