# SPDX-License-Identifier: Apache-2.0
"""Gives pages of LLVM's library back to the system, once machine code is loaded.

Loading code reads some 45 MB of a library of 150 MB, which annotating never reads again; they would count as
this process's until memory is short. Where something is loaded or compiled later they come back from the
system's own copy of the file, a page at a time. Only pages that nobody wrote to are given back; elsewhere
than on Linux nothing is done.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterable, Iterator

_LIBRARY = "libllvmlite"
_DONT_NEED = 4  # of <sys/mman.h>: forget these pages; a file's come back when they are read


class LibraryPages:
    """What was loaded since pages were given back last."""

    def __init__(self) -> None:
        self._loads = 0
        self._given_back_at = 0
        self._began = False
        self._lock = threading.Lock()

    def note_load(self) -> None:
        """A function's machine code was loaded."""
        self._loads += 1

    def give_back(self) -> None:
        """Give pages back where code was loaded since the last time. To be called before each batch: before
        the first one nothing is done, since that one loads the most."""
        if self._loads == self._given_back_at:
            return
        if not self._began:
            self._began = True
            return
        with self._lock:
            self._given_back_at = self._loads
            for start, length in _clean_mappings() if sys.platform == "linux" else ():
                _libc().madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _DONT_NEED)


library_pages = LibraryPages()
"""Those of this process."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _clean_mappings() -> Iterator[tuple[int, int]]:
    """Start and length of the library's mappings that cannot be written to and that nobody wrote to before,
    such as the loader when it put addresses in: those are in no file. After a fork such pages are dirty and
    shared, and on a full machine they may be in the swap."""
    try:
        with open("/proc/self/smaps", encoding="utf-8", errors="replace") as lines:
            for head, kilobytes in _mappings(lines):
                written = kilobytes["Anonymous:"] + kilobytes["Swap:"]
                if _LIBRARY in head and "w" not in head.split()[1] and not written:
                    start, end = (int(address, 16) for address in head.split()[0].split("-"))
                    yield start, end - start
    except (OSError, KeyError):  # a system that shows no mappings, or not what is asked of them
        return


def _mappings(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, int]]]:
    """Each mapping's first line and its counts by name. Units: kilobytes."""
    head, counts = "", dict[str, int]()
    for line in lines:
        name, value, *_ = line.split()
        if name.endswith(":"):
            if value.isdigit():
                counts[name] = int(value)
        else:
            if head:
                yield head, counts
            head, counts = line, {}
    if head:
        yield head, counts
