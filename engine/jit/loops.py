# SPDX-License-Identifier: Apache-2.0
"""How the engine compiles its loops: no interpreter lock, machine code kept on disk between processes.

Each name says what a function promises besides, and so what the compiler may do:

jit       the least: float sums in the written order, arrays may be made
fastmath  float sums may be taken in any order, so they become vector code
noalloc   no array is made or kept, so none is counted: that took longer than the work of a small function
fma       a product and a sum may be rounded once, in the written order
ieee      a number divided by zero is infinite or none, as in NumPy: a search for zeros stops vector code

Numba makes a function anew when its own file changed, not when a file it calls into did: after a change in
`lanes`, `tiles` or `winograd` delete the `__pycache__` folders below `engine/kernels`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from .machine_code import CodeCache
from .shipped import tell_compiler

Function = TypeVar("Function", bound=Callable[..., Any])

REASSOCIATE = {"reassoc", "contract"}
"""What `fastmath` is here: any order of sums; NaN and infinity keep their meaning."""

_functions: list[Any] = []
"""All that were decorated."""

tell_compiler()


def jit(function: Function) -> Function:
    """Compile a module-level function on its first call, exact in the order of its sums."""
    return _compile(function)


def jit_fastmath(function: Function) -> Function:
    """Compile a module-level function whose float sums may be reordered."""
    return _compile(function, fastmath=REASSOCIATE)


def jit_noalloc(function: Function) -> Function:
    """Compile a module-level function that neither makes nor keeps arrays, exact in the order of its sums."""
    return _compile(function, _nrt=False)


def jit_noalloc_fastmath(function: Function) -> Function:
    """Compile a module-level function that neither makes nor keeps arrays, and whose float sums may be
    reordered."""
    return _compile(function, fastmath=REASSOCIATE, _nrt=False)


def jit_noalloc_fma(function: Function) -> Function:
    """Compile a module-level function that neither makes nor keeps arrays, and whose products and sums may be
    rounded once, in the order that is written."""
    return _compile(function, fastmath={"contract"}, _nrt=False)


def jit_noalloc_ieee(function: Function) -> Function:
    """Compile a module-level function that neither makes nor keeps arrays, exact in the order of its sums.

    Its divisions raise nothing.
    """
    return _compile(function, error_model="numpy", _nrt=False)


def _compile(function: Function, **options: Any) -> Function:
    """With a cache on disk where there is a folder to write to, else compiled anew in each process."""
    compiled = numba.njit(nogil=True, **options)(function)
    compiled._cache = CodeCache(function)  # as Numba's `cache=True` would, with its own
    _functions.append(compiled)
    return cast(Function, compiled)


def compiled_functions() -> list[Any]:
    """What this process has compiled or loaded so far, as Numba holds it: one for each function and
    signature."""
    return [compiled for function in _functions for compiled in function.overloads.values()]


def uncompiled_functions() -> list[str]:
    """Names of those that were decorated and are neither compiled nor loaded."""
    functions = (one.py_func for one in _functions if not one.overloads)
    return sorted(f"{function.__module__}.{function.__qualname__}" for function in functions)
