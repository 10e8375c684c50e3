# SPDX-License-Identifier: Apache-2.0
"""Machine code that was compiled before: shipped with the package, or kept on disk by Numba.

Numba readies its whole compiler (a hundred modules, the runtime's own code compiled anew) before it looks
into its cache, and reads every function's bitcode though only a compilation would use it. Loading alone
needs neither: that is 0.25 s and 45 MB less where everything is found. A shipped set comes first; the files
on disk and their names are Numba's own, and a miss in both compiles as ever.
"""

# Numba has types, but not for these parts.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache

from ..cached import cached_attribute
from . import function_code
from .compile_report import report
from .library_pages import library_pages
from .loaded_code import loading
from .shipped import shipped_code
from .written_types import write_type


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
        loaded = self._shipped(signature, target)
        if loaded is None:
            loaded = self._files.load_overload(signature, target)
        if loaded is None:
            report()  # listens from here on
        library_pages.note_load()
        return loaded

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep what was compiled, where there is a folder for it."""
        self._files.save_overload(signature, compiled)
        report().add(self._files.cache_path)

    def __getattr__(self, name: str) -> Any:
        """All else is Numba's: statistics, flushing."""
        return getattr(self._files, name)

    def _shipped(self, signature: Any, target: Any) -> Any:
        """The function from the set in use, None where it is not in there."""
        code_set = shipped_code().set
        if code_set is None or not isinstance(signature, tuple):  # an explicit return type is nobody's here
            return None
        try:
            arguments = [write_type(type_) for type_ in signature]
        except TypeError:  # no set holds such types
            return None
        code = code_set.find(self._function.__module__, self._function.__qualname__, arguments)
        return None if code is None else function_code.put_together(code, signature, target)

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
        with self._guard_against_spurious_io_errors(), loading(target_context):
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
