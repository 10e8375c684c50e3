# SPDX-License-Identifier: Apache-2.0
"""CPU levels: what code that is compiled on one machine may ask of another.

The levels of x86-64 are those of its ABI: v2 has SSE4.2, v3 AVX2 and FMA, v4 AVX-512; aarch64 has one, with
NEON. A level is what a shipped set of machine code is made for, and what `FRESHET_CPU_LEVEL` pretends that
this CPU has at most.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import llvmlite.binding as llvm

from ..errors import EngineError

VARIABLE = "FRESHET_CPU_LEVEL"

_V2 = ("cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3")
_V3 = (*_V2, "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")
_V4 = (*_V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")


@dataclass(frozen=True, slots=True)
class CpuLevel:
    """A level by its name, with the instruction sets that a CPU of that level has, in LLVM's names."""

    name: str
    machine: str
    compiler_name: str
    features: tuple[str, ...]


LEVELS = (
    CpuLevel("x86-64-v4", "x86_64", "x86-64-v4", _V4),
    CpuLevel("x86-64-v3", "x86_64", "x86-64-v3", _V3),
    CpuLevel("x86-64-v2", "x86_64", "x86-64-v2", _V2),
    CpuLevel("aarch64", "aarch64", "generic", ("neon",)),
)
"""Of each machine the highest first."""

_ALWAYS = {"aarch64": ("neon",)}
"""What every CPU of a machine has, also where the system does not tell: macOS does not, nor an emulator."""


def host_features() -> Mapping[str, bool]:
    """What the CPU of this process can do, asked of LLVM."""
    return _host_features()


def host_levels() -> list[CpuLevel]:
    """The levels whose code this CPU runs, the highest first."""
    found = host_features()
    return [
        level
        for level in LEVELS
        if level.machine == machine() and all(found.get(feature, False) for feature in level.features)
    ]


def machine() -> str:
    """The kind of CPU, as Linux calls it."""
    return {"arm64": "aarch64"}.get(platform.machine(), platform.machine())  # as macOS calls it


def pretended_level() -> CpuLevel | None:
    """The level that `FRESHET_CPU_LEVEL` names, None where it is not set.

    Raises: EngineError, for a name that is no level, and for a level that this CPU lacks.
    """
    name = os.environ.get(VARIABLE, "")
    if not name:
        return None
    had = {level.name: level for level in host_levels()}
    if name not in had:
        raise EngineError(
            f"expected in {VARIABLE} a level that this CPU has ({', '.join(had) or 'it has none'}), "
            f"got {name!r}"
        )
    return had[name]


@cache
def _host_features() -> Mapping[str, bool]:
    try:
        found = dict(llvm.get_host_cpu_features())
    except RuntimeError:  # LLVM has no way to ask this system
        found = {}
    return found | dict.fromkeys(_ALWAYS.get(machine(), ()), True)
