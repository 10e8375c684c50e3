# SPDX-License-Identifier: Apache-2.0
"""Yes-or-no features of a text that need no language: what `IS_...` attributes mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping


def is_punctuation(text: str) -> bool:
    """Whether every character is punctuation by its Unicode category."""
    return bool(text) and all(unicodedata.category(char)[0] == "P" for char in text)


def is_currency(text: str) -> bool:
    """Whether every character is a currency sign by its Unicode category."""
    return bool(text) and all(unicodedata.category(char) == "Sc" for char in text)


FLAGS: Mapping[str, Callable[[str], bool]] = {
    "IS_ALPHA": str.isalpha,
    "IS_ASCII": str.isascii,
    "IS_CURRENCY": is_currency,
    "IS_DIGIT": str.isdigit,
    "IS_LOWER": str.islower,
    "IS_PUNCT": is_punctuation,
    "IS_SPACE": str.isspace,
    "IS_TITLE": str.istitle,
    "IS_UPPER": str.isupper,
}
"""Name of the attribute -> whether a text has it."""
