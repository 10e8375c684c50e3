# SPDX-License-Identifier: Apache-2.0
"""What people give as `prefix_search` and its like: a method of a compiled pattern, which becomes a rule, or
any function, which is asked for each new chunk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

METHODS: Mapping[str, tuple[str, str]] = {
    "prefix": ("prefix_search", "search"),
    "suffix": ("suffix_search", "search"),
    "infix": ("infix_finditer", "finditer"),
    "token_match": ("token_match", "match"),
    "url_match": ("url_match", "match"),
}
"""Name of a rule -> the attribute that people know it by, and the method of a pattern that it takes."""

_WRAPPED: Mapping[tuple[str, str], str] = {
    ("search", "match"): "^(?:{})",
    ("search", "fullmatch"): r"^(?:{})\Z",
    ("match", "fullmatch"): r"(?:{})\Z",
}
"""Method that a rule takes, method that came -> the pattern that means the same there."""

_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x", re.ASCII: "a"}


class SearchFunction:
    """A function in the place of a pattern: it always sees the whole of what is left of a chunk."""

    def __init__(self, function: Callable[[str], Any]) -> None:
        self.function = function

    def search(self, text: str, first: int = 0) -> Any:
        """What the function finds, the first of it where it finds several."""
        found = self.function(text)
        if found is None or hasattr(found, "start"):
            return found
        return next(iter(found), None)

    def match(self, text: str) -> Any:
        """What the function says of the text."""
        return self.function(text)

    def finditer(self, text: str) -> Iterator[Any]:
        """All that the function finds."""
        found: Iterable[Any] = self.function(text)
        return iter(found)


def source_of(rule: str, function: Any) -> str | None:
    """The pattern that a method of a compiled one stands for as this rule, None for any other function."""
    pattern = getattr(function, "__self__", None)
    if not isinstance(pattern, re.Pattern) or not isinstance(pattern.pattern, str):
        return None
    wanted, came = METHODS[rule][1], function.__name__
    if came != wanted and (wanted, came) not in _WRAPPED:
        return None
    letters = "".join(letter for flag, letter in _FLAGS.items() if pattern.flags & flag)
    source = f"(?{letters}:{pattern.pattern}\n)" if "x" in letters else pattern.pattern
    if letters and "x" not in letters:
        source = f"(?{letters}:{source})"
    source = source if came == wanted else _WRAPPED[wanted, came].format(source)
    try:
        re.compile(source)
    except re.error:  # flags for the whole pattern in the middle of it
        return None
    return source
