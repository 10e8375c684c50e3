# SPDX-License-Identifier: Apache-2.0
"""How the engine compiles its loops: no interpreter lock, machine code kept on disk between processes.

Numba makes a function anew when its own file changed, not when a file it calls into did: after a change in
`lanes`, `tiles` or `winograd` delete `engine/kernels/__pycache__`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from .machine_code import CodeCache

Function = TypeVar("Function", bound=Callable[..., Any])

REASSOCIATE = {"reassoc", "contract"}
"""Sums may be taken in any order, which lets the compiler use vectors; NaN and infinity keep their
meaning."""


def jit(function: Function) -> Function:
    """Compile a module-level function on its first call, exact in the order of its sums."""
    return _compiled(function)


def fast_jit(function: Function) -> Function:
    """Compile a module-level function whose float sums may be reordered."""
    return _compiled(function, fastmath=REASSOCIATE)


def plain_jit(function: Function) -> Function:
    """Compile a module-level function that neither makes nor keeps arrays: counting references to them took
    longer than its work."""
    return _compiled(function, _nrt=False)


def plain_fast_jit(function: Function) -> Function:
    """Such a function whose float sums may be reordered."""
    return _compiled(function, fastmath=REASSOCIATE, _nrt=False)


def plain_fused_jit(function: Function) -> Function:
    """Such a function whose products and sums may be rounded once, in the order that is written."""
    return _compiled(function, fastmath={"contract"}, _nrt=False)


def _compiled(function: Function, **options: Any) -> Function:
    """With a cache on disk where there is a folder to write to, else compiled anew in each process."""
    compiled = numba.njit(nogil=True, **options)(function)
    compiled._cache = CodeCache(function)  # as Numba's `cache=True` would, with its own
    return cast(Function, compiled)
