# SPDX-License-Identifier: Apache-2.0
"""Tells the compiler of this process that it works for another CPU, or for another kind of machine.

Numba asks LLVM for the platform of its own process; here the answer is the other's. Both have 64-bit
pointers, the low byte first, and the same C interface of Python, so that nothing else changes.
"""

from __future__ import annotations

import llvmlite.binding as llvm

from engine.jit.cpu_level import LEVELS, machine
from engine.jit.shipped import compile_for


def tell_target(name: str) -> None:
    """What is compiled from here on is of that level; before a module with loops is imported."""
    level = next(level for level in LEVELS if level.name == name)
    compile_for(level)
    if level.machine != machine():
        _speak_for(f"{level.machine}-unknown-linux-gnu")


def _speak_for(triple: str) -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    llvm.get_process_triple = lambda: triple
    llvm.Target.from_default_triple = classmethod(lambda cls: cls.from_triple(triple))
