# SPDX-License-Identifier: Apache-2.0
"""What LLVM makes of a kernel for another CPU than this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

from engine.kernels import cpu_features

_TRIPLE = "aarch64-unknown-linux-gnu" if cpu_features().neon else "x86_64-unknown-linux-gnu"

CPUS = {
    "avx512": ("skylake-avx512", "icelake-server", "sapphirerapids", "znver4"),
    "avx2": ("haswell", "skylake", "znver3"),
    "sse": ("x86-64-v2", "nehalem", "ivybridge"),
    "neon": ("generic", "neoverse-n1", "neoverse-v1", "apple-m1"),
}[cpu_features().vectors]
"""CPUs that have the vectors of this process."""

_REGISTER, _OTHER, _STACK, _MULTIPLY_ADD = {
    "avx512": ("zmm", "ymm", "(%rsp)", ("vfmadd",)),
    "avx2": ("ymm", "zmm", "(%rsp)", ("vfmadd",)),
    "sse": ("xmm", "ymm", "(%rsp)", ("mulps", "addps")),
    "neon": (" q", "\tz", "[sp", ("fmla\tv",)),
}[cpu_features().vectors]


def assembly(emit: Callable[[Any, list[Any]], None], n_args: int, cpu: str, features: str = "") -> str:
    """Assembly text of a function of `n_args` 64-bit integers whose body `emit(builder, args)` writes."""
    module = ir.Module("kernel")
    module.triple = _TRIPLE
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [ir.IntType(64)] * n_args), "kernel")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    emit(builder, list(function.args))
    builder.ret_void()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(_TRIPLE).create_target_machine(cpu=cpu, features=features, opt=3)
    return machine.emit_assembly(llvm.parse_assembly(str(module)))


def multiply_adds(code: str) -> int:
    """How many products of vectors are added to a vector."""
    counts = [code.count(instruction) for instruction in _MULTIPLY_ADD]
    assert len(set(counts)) == 1, f"as many of each: {_MULTIPLY_ADD}"
    return counts[0]


def registers_overflow(code: str) -> bool:
    """Whether a vector is put aside on the stack, or one of another length is used."""
    return _OTHER in code or any(_REGISTER in line and _STACK in line for line in code.splitlines())
