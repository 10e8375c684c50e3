# SPDX-License-Identifier: Apache-2.0
"""What LLVM makes of a kernel for another CPU than this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

TRIPLE = "x86_64-unknown-linux-gnu"


def assembly(emit: Callable[[Any, list[Any]], None], n_args: int, cpu: str, features: str = "") -> str:
    """Assembly text of a function of `n_args` 64-bit integers whose body `emit(builder, args)` writes."""
    module = ir.Module("kernel")
    module.triple = TRIPLE
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [ir.IntType(64)] * n_args), "kernel")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    emit(builder, list(function.args))
    builder.ret_void()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(TRIPLE).create_target_machine(cpu=cpu, features=features, opt=3)
    return machine.emit_assembly(llvm.parse_assembly(str(module)))
