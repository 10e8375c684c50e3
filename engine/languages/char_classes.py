# SPDX-License-Identifier: Apache-2.0
"""Character classes by the names under which the documentation has them, for patterns of people's own.

>>> import re
>>> from engine.languages.char_classes import ALPHA_LOWER, ALPHA_UPPER
>>> re.findall(f"(?<=[{ALPHA_LOWER}])[.](?=[{ALPHA_UPPER}])", "end.Then x.y")
['.']
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING

from .alphabetic import METRIC
from .characters import CURRENCY as _CURRENCY_SIGNS
from .characters import EMOJI, each

if TYPE_CHECKING:
    ALPHA: str
    ALPHA_LOWER: str
    ALPHA_UPPER: str
    COMBINING_DIACRITICS: str
    CONCAT_ICONS: str
    LATIN: str
    LATIN_LOWER: str
    LATIN_UPPER: str

_LAST = 0x323B0
"""Behind it no script has letters."""

_SCANNED: dict[str, Callable[[str], bool]] = {
    "ALPHA": str.isalpha,
    "ALPHA_LOWER": lambda char: char.isalpha() and not char.isupper() and not char.istitle(),
    "ALPHA_UPPER": lambda char: char.isalpha() and not char.islower(),
    "COMBINING_DIACRITICS": lambda char: bool(unicodedata.combining(char)),
    "CONCAT_ICONS": lambda char: unicodedata.category(char) == "So",
    "LATIN": lambda char: char.isalpha() and _is_latin(char),
    "LATIN_LOWER": lambda char: char.islower() and _is_latin(char),
    "LATIN_UPPER": lambda char: char.isupper() and _is_latin(char),
}
"""Name -> which characters belong to it; letters without case are large and small."""


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith("LATIN ")


def _scan(name: str) -> str:
    belongs = _SCANNED[name]
    points = [point for point in range(_LAST) if belongs(chr(point))]
    parts = []
    for _, group in groupby(enumerate(points), key=lambda pair: pair[1] - pair[0]):
        run = [point for _, point in group]
        parts.append(chr(run[0]) if len(run) == 1 else f"{chr(run[0])}-{chr(run[-1])}")
    return "".join(parts)


def __getattr__(name: str) -> str:
    """One of the classes that are looked for in all of Unicode when somebody first asks."""
    if name in _SCANNED:
        globals()[name] = _scan(name)
        return str(globals()[name])
    raise AttributeError(f"expected a character class, got {name!r}; there are: {', '.join(__all__)}")


def merge_chars(chars: str) -> str:
    """Characters between blanks, as alternatives of a pattern."""
    return chars.strip().replace(" ", "|")


def split_chars(chars: str) -> list[str]:
    """Characters between blanks, as a list."""
    return chars.strip().split(" ")


def group_chars(chars: str) -> str:
    """Characters between blanks, as the inside of a class."""
    return chars.strip().replace(" ", "")


LIST_UNITS = METRIC.split("|")
LIST_CURRENCY = list(each(_CURRENCY_SIGNS))
LIST_PUNCT = list(each("…,:;!?¿¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"))
LIST_QUOTES = [*each("'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉"), "''", ",,"]
LIST_HYPHENS = [*each("-–—~"), "--", "---", "——"]
LIST_ELLIPSES = [r"\.\.+", "…"]
LIST_ICONS = [EMOJI]

UNITS = "|".join(LIST_UNITS)
CURRENCY = "|".join(LIST_CURRENCY)
PUNCT = "|".join(LIST_PUNCT)
QUOTES = "|".join(LIST_QUOTES)
HYPHENS = "|".join(sorted(LIST_HYPHENS, key=len, reverse=True))
CONCAT_QUOTES = "".join(each("'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉"))

__all__ = [
    "ALPHA",
    "ALPHA_LOWER",
    "ALPHA_UPPER",
    "COMBINING_DIACRITICS",
    "CONCAT_ICONS",
    "CONCAT_QUOTES",
    "CURRENCY",
    "HYPHENS",
    "LATIN",
    "LATIN_LOWER",
    "LATIN_UPPER",
    "LIST_CURRENCY",
    "LIST_ELLIPSES",
    "LIST_HYPHENS",
    "LIST_ICONS",
    "LIST_PUNCT",
    "LIST_QUOTES",
    "LIST_UNITS",
    "PUNCT",
    "QUOTES",
    "UNITS",
    "group_chars",
    "merge_chars",
    "split_chars",
]


def __dir__() -> list[str]:
    """All names, those that are made when they are asked for, too."""
    return sorted({*globals(), *__all__})
