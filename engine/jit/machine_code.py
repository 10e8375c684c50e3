# SPDX-License-Identifier: Apache-2.0
"""Machine code kept on disk, loaded without waking the compiler that made it.

Numba readies its whole compiler (a hundred modules, the runtime's own code compiled anew) before it looks
into its cache, and reads every function's bitcode though only a compilation would use it. Loading alone needs
neither: that is 0.25 s and 45 MB less where everything is found. Files and their names are Numba's own, and a
miss compiles as ever.
"""

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
from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache
from numba.core.codegen import JITCodeLibrary
from numba.core.runtime import _nrt_python as runtime  # type: ignore[attr-defined]  # an extension in C

from ..cached import cached_attribute

_WRAPPER = "_ZN7cpython"
"""How Numba's names of the functions begin that Python calls."""


class LoadedCode(JITCodeLibrary):
    """A function's machine code; its bitcode stays unread until another function is compiled that calls this
    one."""

    _bitcode = b""

    @classmethod
    def _unserialize(cls, codegen: Any, state: Any) -> Any:
        name, kind, data = state
        if kind != "object":
            return super()._unserialize(codegen, state)
        loaded = cls(codegen, name)
        machine_code, loaded._bitcode = data
        loaded.enable_object_caching()
        loaded._set_compiled_object(machine_code)
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
            self._shared_module = llvm.parse_bitcode(self._bitcode)
            self._codegen._engine._load_defined_symbols(self._shared_module)
            self._bitcode = b""


class CodeCache:
    """Stands where Numba keeps a function's cache: `numba.njit(cache=True)` for loading only.

    Numba's own tries at once whether its folder can be written to. A hundred functions are decorated on
    import, a fifth of them run.
    """

    def __init__(self, function: Any) -> None:
        self._function = function

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The compiled function for a signature, None where it is not kept; who compiles then readies the
        compiler."""
        _name_runtime()
        return self._files.load_overload(signature, target)

    def __getattr__(self, name: str) -> Any:
        """All else is Numba's: saving, statistics."""
        return getattr(self._files, name)

    @cached_attribute
    def _files(self) -> Any:
        try:
            return _Files(self._function)
        except RuntimeError:  # there is no folder to write to: compiled anew in each process
            return NullCache()


class _Files(FunctionCache):
    """A function's files."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = _FilesOnDisk(
            self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        code = _in_place(target_context.codegen(), "_library_class", LoadedCode)
        environments = _in_place(environment, "_rebuild_env", _bare_environment)
        with self._guard_against_spurious_io_errors(), code, environments:
            return self._load_overload(sig, target_context)


class _FilesOnDisk(IndexDataCacheFile):
    """Index and data of a function, of which a damaged file, or one whose classes are gone since, is none.

    Numba unpickles what it finds before it looks whether it belongs to this source: after an update that
    renamed a class, what the version before had kept would end every process at its first text.
    """

    def load(self, key: Any) -> Any:
        """What is kept for a key, None where nothing is."""
        try:
            return super().load(key)
        except Exception:  # whatever a damaged file does: it is compiled anew and overwritten
            return None

    def _load_index(self) -> Any:
        try:
            return super()._load_index()
        except Exception:  # the same
            return {}


@contextmanager
def _in_place(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Inside, an attribute has another value. Numba's lock of compilations is held here, so nobody else reads
    it meanwhile."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _bare_environment(module: str, constants: list[Any], name: str) -> Any:
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
