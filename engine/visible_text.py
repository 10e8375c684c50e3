# SPDX-License-Identifier: Apache-2.0
"""Texts from outside as a terminal, a log and a page may show them: signs that would command it are written
out.

An escape sequence in a message sets a window's title, clears the screen or writes to the clipboard; an
override of the writing direction makes a line read as another one. Only the standard library is imported
here.
"""

from __future__ import annotations

import re
import sys

COMMANDING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0 without tab and line feed, DEL, C1, overrides and isolates of the writing direction, separators of
lines, and halves of characters, which no terminal can be sent."""
DIVIDING = re.compile(f"[\t\n{COMMANDING.pattern[1:]}")
"""These, and what makes a line two."""


def visible(text: str, *, on_one_line: bool = False) -> str:
    r"""The text with what would command a terminal as an escape, which is the same sign in a JSON string;
    `on_one_line`: tabs and line feeds too.

    >>> visible("a\x1b[2Jb\u202ec")
    'a\\u001b[2Jb\\u202ec'
    >>> visible("a\nb", on_one_line=True)
    'a\\u000ab'
    """
    signs = DIVIDING if on_one_line else COMMANDING
    return signs.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def print_visible(text: str) -> None:
    """Print a text: as it is into a pipe, so that it can be shown on a terminal."""
    print(visible(text) if sys.stdout.isatty() else text)
