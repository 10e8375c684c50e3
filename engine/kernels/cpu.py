# SPDX-License-Identifier: Apache-2.0
"""What the loops of this process may ask of the CPU, as the compiler sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import llvmlite.binding as llvm

from ..jit.shipped import features_in_force


@dataclass(frozen=True, slots=True)
class CpuFeatures:
    """The instruction sets that decide which matrix back end runs."""

    name: str
    avx2: bool
    avx512: bool
    avx512_bf16: bool

    @property
    def lanes(self) -> int:
        """Float32 numbers in a vector that our kernels are written for, 0 where there are none."""
        return 16 if self.avx512 else 8 if self.avx2 else 0


@lru_cache(maxsize=1)
def cpu_features() -> CpuFeatures:
    """Those of the level in force, of this very CPU where none is."""
    found = features_in_force()

    def has(*names: str) -> bool:
        return all(found.get(name, False) for name in names)

    return CpuFeatures(
        name=llvm.get_host_cpu_name(),
        avx2=has("avx2", "fma"),
        avx512=has("avx512f", "avx512vl", "avx512bw", "avx512dq"),
        avx512_bf16=has("avx512bf16"),
    )
