# SPDX-License-Identifier: Apache-2.0
"""The float32 tile stays in registers on every AVX-512 CPU: that is where its speed comes from."""

from __future__ import annotations

import pytest

from engine.kernels.tiles import TILE_ROWS, emit_tile
from tests.engine.kernels.assembly import assembly


@pytest.mark.parametrize("cpu", ["skylake-avx512", "icelake-server", "sapphirerapids", "znver4"])
@pytest.mark.parametrize(("cols", "maximum"), [(1, False), (3, False), (2, True), (3, True)])
def test_tile_keeps_its_sums_in_registers(cpu, cols, maximum):
    """The inner loop is one multiply-add a sum on 512-bit registers, and nothing is put aside on the stack."""
    code = assembly(lambda builder, args: emit_tile(builder, args, cols, maximum), 7, cpu)
    assert code.count("vfmadd") == TILE_ROWS * cols
    assert "ymm" not in code
    assert not [line for line in code.splitlines() if "zmm" in line and "(%rsp)" in line]
