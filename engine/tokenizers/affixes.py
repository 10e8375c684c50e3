# SPDX-License-Identifier: Apache-2.0
"""Lists of affix patterns as one pattern: what the rules of a tokenizer hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

_META = frozenset(".^$*+?{}[]\\|()")


def compile_prefix_regex(entries: Iterable[str]) -> re.Pattern[str]:
    """The pattern of a prefix: one of the entries, at the beginning.

    >>> compile_prefix_regex(["§", "%", r"\\+"]).search("+5").end()
    1
    """
    return re.compile(prefix_source(entries) or r"(?!)")


def compile_suffix_regex(entries: Iterable[str]) -> re.Pattern[str]:
    """The pattern of a suffix: one of the entries, at the end."""
    return re.compile(suffix_source(entries) or r"(?!)")


def compile_infix_regex(entries: Iterable[str]) -> re.Pattern[str]:
    """The pattern of an infix: one of the entries, anywhere."""
    return re.compile(infix_source(entries) or r"(?!)")


def prefix_source(entries: Iterable[str]) -> str | None:
    """The same as text, None where there are no entries."""
    either = infix_source(entries)
    return None if either is None else f"^(?:{either})"


def suffix_source(entries: Iterable[str]) -> str | None:
    """The same as text, None where there are no entries."""
    either = infix_source(entries)
    return None if either is None else f"(?:{either})$"


def infix_source(entries: Iterable[str]) -> str | None:
    """The same as text, None where there are no entries; single characters next to each other become a class,
    which is found faster."""
    return "|".join(_alternatives(entry for entry in entries if entry.strip())) or None


def _alternatives(entries: Iterable[str]) -> Iterator[str]:
    for is_single, group in groupby(entries, key=lambda entry: _character(entry) is not None):
        members = list(group)
        if is_single and len(members) > 1:
            yield f"[{''.join(re.escape(_character(entry) or '') for entry in members)}]"
        else:
            yield from (f"(?:{entry})" if "|" in entry else entry for entry in members)


def _character(entry: str) -> str | None:
    """The one character that an entry stands for, None where it is a longer pattern."""
    if len(entry) == 1 and entry not in _META:
        return entry
    if len(entry) == 2 and entry[0] == "\\" and not entry[1].isalnum():
        return entry[1]
    return None
