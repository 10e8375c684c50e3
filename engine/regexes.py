# SPDX-License-Identifier: Apache-2.0
"""Regular expressions of configs and folders: compiled by an engine that ends.

Python's `re` says what a pattern means, and runs each that cannot take many steps. Others run in linear time
by RE2 where its meaning is the same, else by `regex` with a limit of time.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from .errors import EngineError
from .regex_cost import cost_of, may_be_empty

MAX_STEPS = 1e8
"""About a second of Python's `re`."""
SECONDS = 1.0
"""What the timed patterns of one thread may take, one text's all together."""
LEAST = 0.05
"""What each call may take, however much was spent before."""

PYTHON, LINEAR, TIMED = "re", "re2", f"regex, up to {SECONDS:g} s a text"

_OTHER_MEANING = re.compile(r"\\[dDwWsSbBAZ]|\$|\(\?[a-zA-Z-]*[iLmsux]|[^\x00-\x7f]|\[\[|\\[xuUN]")
"""What RE2 reads in another way: classes and borders of ASCII, an end before a last line feed, folded
case."""


class PatternTimeoutError(EngineError):
    """A regular expression took longer on a text than it may."""

    def __init__(self, where: str, pattern: str) -> None:
        self.where, self.pattern = where, pattern
        super().__init__(
            f"{where}: the pattern {pattern[:200]!r} takes longer than {SECONDS:g} s on this text; write "
            "it without repeats inside of repeats"
        )

    def of_component(self, name: str) -> PatternTimeoutError:
        """The same, with the name of the component that has the pattern."""
        return PatternTimeoutError(f"{name}: {self.where}", self.pattern)


@cache
def compiled(source: str, where: str) -> Any:
    """A pattern with `search`, `match`, `fullmatch` and `finditer`, as `re.compile` gives it.

    Raises: re.error, RecursionError, OverflowError, as `re.compile` does; EngineError where no engine can
    bound it.
    """
    pattern = re.compile(source)
    if cost_of(source) <= MAX_STEPS:
        return pattern
    linear = _linear(source)
    return TimedPattern(source, where) if linear is None else LinearPattern(source, linear, where)


def engine_of(pattern: Any) -> str:
    """Which engine runs a pattern."""
    return str(getattr(pattern, "engine", PYTHON))


def _linear(source: str) -> Any:
    """The pattern by RE2; None where it does not take it, or not with the same meaning."""
    if _OTHER_MEANING.search(source) or may_be_empty(source):
        return None
    re2 = import_module("re2")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error:
        return None


class TimedPattern:
    """A pattern by `regex`, whose calls end."""

    engine = TIMED

    def __init__(self, source: str, where: str) -> None:
        regex = import_module("regex")
        self.pattern, self.where = source, where
        try:
            self._regex = regex.compile(source, regex.V0)
        except regex.error as error:
            raise EngineError(
                f"{where}: expected a pattern that cannot take many steps, or that the package regex reads, "
                f"got {source[:200]!r}: {error}"
            ) from None

    def search(self, text: str, first: int = 0) -> Any:
        """The first match from a place on, or None. Raises: PatternTimeoutError; so do the others."""
        return self._call(self._regex.search, text, first)

    def match(self, text: str) -> Any:
        """The match at the beginning, or None."""
        return self._call(self._regex.match, text)

    def fullmatch(self, text: str) -> Any:
        """The match of all of the text, or None."""
        return self._call(self._regex.fullmatch, text)

    def finditer(self, text: str) -> Iterator[Any]:
        """All matches."""
        return iter(self._call(lambda *args, **limit: list(self._regex.finditer(*args, **limit)), text))

    def _call(self, function: Any, *args: Any) -> Any:
        started = time.thread_time()
        try:
            return function(*args, timeout=_BUDGET.left())
        except TimeoutError:
            raise PatternTimeoutError(self.where, self.pattern) from None
        finally:
            _BUDGET.spend(time.thread_time() - started)


class LinearPattern(TimedPattern):
    """A pattern by RE2."""

    engine = LINEAR

    def __init__(self, source: str, linear: Any, where: str) -> None:
        self.pattern, self.where = source, where
        self._regex = linear

    def _call(self, function: Any, *args: Any) -> Any:
        return function(*args)


class _Budget(threading.local):
    """What a thread has left for timed patterns: a second of a processor, which comes back in the time
    after it was spent."""

    def __init__(self) -> None:
        self._spent, self._at = 0.0, 0.0

    def left(self) -> float:
        now = time.monotonic()
        self._spent = max(0.0, self._spent - (now - self._at))
        self._at = now
        return max(LEAST, SECONDS - self._spent)

    def spend(self, seconds: float) -> None:
        self._spent += seconds
        self._at = time.monotonic()


_BUDGET = _Budget()
