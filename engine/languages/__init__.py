# SPDX-License-Identifier: Apache-2.0
"""What is known of each language before anything is learned: a file a language, small data, no code.

- `codes`: all languages that there are, with the names of their classes
- `language_data`: what a file says of its language
- `de`, `fr`, `pl` and the other two-letter files: languages with rules of their own
- `xx`: the neutral rules, which all other languages take
- `alphabetic`: what languages that put blanks between words have in common
- `characters`, `char_classes`: parts of patterns, ours and those that people's own rules name

To add a language, write a file like `sv.py` and its code in `OWN_RULES`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module

from .codes import NAMES, WRITING
from .language_data import LanguageData, Piece, WritingSystem

OWN_RULES = frozenset(
    code
    for codes in ("ca da de el en es fi fr hr id it ko lt", "nb nl pl pt ro ru sv tl tr uk")
    for code in codes.split()
)
"""Codes of the languages with a file of their own."""


def has_own_rules(code: str) -> bool:
    """Whether the language is cut by rules of its own, not by the neutral ones."""
    return code in OWN_RULES or code == "xx"


@cache
def language_data(code: str) -> LanguageData:
    """What is known of a language; of one that nobody wrote a file for, what holds for any."""
    if has_own_rules(code):
        data: LanguageData = import_module(f".{code}", __name__).DATA
        return data
    return replace(language_data("xx"), writing_system=WRITING.get(code, WritingSystem()))


__all__ = ["NAMES", "OWN_RULES", "LanguageData", "Piece", "WritingSystem", "has_own_rules", "language_data"]
