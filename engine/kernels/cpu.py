# SPDX-License-Identifier: Apache-2.0
"""What the loops of this process may ask of the CPU, as the compiler sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import llvmlite.binding as llvm

from ..jit.shipped import features_in_force


@dataclass(frozen=True, slots=True)
class CpuFeatures:
    """The instruction sets that decide what our kernels look like.

    `fma`: whether a product and a sum are one instruction, rounded once.
    """

    name: str
    avx2: bool
    avx512: bool
    avx512_bf16: bool
    neon: bool
    fma: bool

    @property
    def vectors(self) -> str:
        """What our kernels' vectors are called: `sse` stands for those that every CPU of x86-64 has."""
        return "avx512" if self.avx512 else "avx2" if self.avx2 else "neon" if self.neon else "sse"

    @property
    def lanes(self) -> int:
        """Float32 numbers in a vector."""
        return {"avx512": 16, "avx2": 8}.get(self.vectors, 4)

    @property
    def registers(self) -> int:
        """Vectors that the CPU has room for."""
        return 32 if self.avx512 or self.neon else 16


@lru_cache(maxsize=1)
def cpu_features() -> CpuFeatures:
    """Those of the level in force, of this very CPU where none is."""
    found = features_in_force()

    def has(*names: str) -> bool:
        return all(found.get(name, False) for name in names)

    avx512, neon = has("avx512f", "avx512vl", "avx512bw", "avx512dq"), has("neon")
    return CpuFeatures(
        name=llvm.get_host_cpu_name(),
        avx2=has("avx2", "fma"),
        avx512=avx512,
        avx512_bf16=has("avx512bf16"),
        neon=neon,
        fma=avx512 or neon or has("fma"),
    )
