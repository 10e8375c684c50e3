# SPDX-License-Identifier: Apache-2.0
"""Machine code as Numba holds it, made from bytes without waking the compiler."""

# Numba has types, but not for these parts.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from llvmlite import binding as llvm
from numba.core import environment
from numba.core.codegen import JITCodeLibrary
from numba.core.runtime import _nrt_python as runtime  # type: ignore[attr-defined]  # an extension in C

_WRAPPER = "_ZN7cpython"
"""How Numba's names of the functions begin that Python calls."""


class LoadedCode(JITCodeLibrary):
    """A function's machine code; its bitcode stays unread until another function is compiled that calls this
    one."""

    _bitcode: bytes | memoryview = b""

    @classmethod
    def _unserialize(cls, codegen: Any, state: Any) -> Any:
        name, kind, data = state
        if kind != "object":
            return super()._unserialize(codegen, state)
        loaded = cls(codegen, name)
        machine_code, loaded._bitcode = data
        loaded.enable_object_caching()
        loaded._set_compiled_object(bytes(machine_code))
        loaded._finalize_final_module()
        return loaded

    def _get_module_for_linking(self) -> Any:
        self._read_bitcode()
        return super()._get_module_for_linking()

    def get_pointer_to_function(self, name: str) -> int:
        """Where the function of that name begins, 0 where there is none."""
        if name.startswith(
            _WRAPPER
        ):  # every function that is kept has one, and LLVM ends the process where a name is unknown
            return int(self._codegen._engine.get_function_address(name))
        self._read_bitcode()
        return int(super().get_pointer_to_function(name))

    def _read_bitcode(self) -> None:
        if self._bitcode:
            self._shared_module = llvm.parse_bitcode(bytes(self._bitcode))
            self._codegen._engine._load_defined_symbols(self._shared_module)
            self._bitcode = b""


@contextmanager
def loading(target: Any) -> Iterator[None]:
    """Inside, Numba loads code and environments as described here. Its lock of compilations is held, so
    nobody else reads what is changed meanwhile."""
    _name_runtime()
    codegen = target.codegen()
    before = codegen._library_class, environment._rebuild_env
    codegen._library_class, environment._rebuild_env = LoadedCode, bare_environment
    try:
        yield
    finally:
        codegen._library_class, environment._rebuild_env = before


def bare_environment(module: str, constants: list[Any], name: str) -> Any:
    """What a compiled function finds its constants by.

    Numba's own imports the function's module, a part of the compiler where it is one of Numba's, for names
    that only object mode reads.
    """
    found = environment.lookup_environment(name)
    if found is None:
        names = sys.modules[module].__dict__ if module in sys.modules else {"__name__": module}
        found = environment.Environment(names)
        found.consts[:] = constants
        found.env_name = name
        environment.Environment._memo[name] = found
    return found


@cache
def _name_runtime() -> None:
    """Tell LLVM where Numba's runtime for arrays is; machine code refers to it by these names."""
    for name, address in runtime.c_helpers.items():
        llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
