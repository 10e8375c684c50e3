# SPDX-License-Identifier: Apache-2.0
"""Which lines of the project a case reaches that no case before it reached: such a case is kept, and others
are made of it.

The interpreter's own trace function is enough, and there is one in every Python. A function that was called
often is looked at now and then only: most of the time nothing new happens there.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = str(Path(__file__).parents[2])
ROOMS = tuple(f"{ROOT}/{room}/" for room in ("engine", "schemas", "workers"))
OFTEN, NOW_AND_THEN = 200, 16


class Reach:
    """The lines that were reached so far, of files whose names begin so."""

    def __init__(self, begin: tuple[str, ...] = ROOMS) -> None:
        self._begin = begin
        self._lines: set[tuple[CodeType, int]] = set()
        self._calls: Counter[CodeType] = Counter()

    def __len__(self) -> int:
        return len(self._lines)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note what runs in it."""
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)

    def by_file(self) -> dict[str, tuple[int, int]]:
        """Of each file that was entered: lines reached, and lines there are, definitions left out."""
        reached: dict[str, set[int]] = {}
        for code, line in self._lines:
            reached.setdefault(code.co_filename, set()).add(line)
        return {
            name.removeprefix(f"{ROOT}/"): (len(lines & _lines_of(name)), len(_lines_of(name)))
            for name, lines in sorted(reached.items())
        }

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(self._begin):
            return None
        self._calls[code] += 1
        often = self._calls[code] > OFTEN and self._calls[code] % NOW_AND_THEN
        return None if often else self._step

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self._lines.add((frame.f_code, frame.f_lineno))
        return self._step


@cache
def _lines_of(name: str) -> frozenset[int]:
    """The lines inside of functions of a file."""
    module = compile(Path(name).read_text(encoding="utf8"), name, "exec")
    codes, found = [module], set[int]()
    while codes:
        code = codes.pop()
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        if code is not module and code.co_name.isidentifier() and not _is_class(code):
            found |= {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
    return frozenset(found)


def _is_class(code: CodeType) -> bool:
    return "__qualname__" in code.co_names
