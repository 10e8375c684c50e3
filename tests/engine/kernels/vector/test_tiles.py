# SPDX-License-Identifier: Apache-2.0
"""The float32 tile stays in registers on every CPU with this one's vectors: that is where its speed comes
from."""

from __future__ import annotations

import pytest

from engine.kernels.vector.lanes import LANES
from engine.kernels.vector.tiles import TILE_ROWS, emit_tile
from tests.engine.kernels.vector.assembly import assembly

WIDE = LANES == 16
CPUS = (
    ["skylake-avx512", "icelake-server", "sapphirerapids", "znver4"]
    if WIDE
    else ["haswell", "skylake", "znver3"]
)


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize(("cols", "maximum"), [(1, False), (3, False), (2, True), (3, True)])
def test_tile_keeps_its_sums_in_registers(cpu, cols, maximum):
    """The inner loop is one multiply-add a sum on the widest registers, and nothing is put aside on the
    stack."""
    code = assembly(lambda builder, args: emit_tile(builder, args, cols, maximum), 7, cpu)
    assert code.count("vfmadd") == TILE_ROWS * cols
    register, other = ("zmm", "ymm") if WIDE else ("ymm", "zmm")
    assert other not in code
    assert not [line for line in code.splitlines() if register in line and "(%rsp)" in line]
