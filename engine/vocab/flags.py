# SPDX-License-Identifier: Apache-2.0
"""Yes-or-no features of a text: what the attributes `IS_...` and `LIKE_...` mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import partial

from ..languages import LanguageData, language_data
from .like_url import like_email, like_url

Flag = Callable[[str], bool]

BRACKETS = frozenset("()<>[]{}")
LEFT_MARKS = frozenset((*"\"'(<[{\u00ab\u2018\u201a\u201b\u201c\u201e\u201f\u2039\u276e", "``"))
RIGHT_MARKS = frozenset((*"\"')>]}\u00bb\u2019\u201d\u203a\u276f", "''"))
QUOTES = frozenset((*(LEFT_MARKS | RIGHT_MARKS) - BRACKETS, "`"))

SIGNS = ("+", "-", "\u00b1", "~")
"""What may stand once before a number."""


def is_punctuation(text: str) -> bool:
    """Whether every character is punctuation by its Unicode category."""
    return bool(text) and all(unicodedata.category(char)[0] == "P" for char in text)


def is_currency(text: str) -> bool:
    """Whether every character is a currency sign by its Unicode category."""
    return bool(text) and all(unicodedata.category(char) == "Sc" for char in text)


def like_number(text: str) -> bool:
    """Whether a text is digits, or two numbers of digits with a slash between; a sign, commas and points do
    not matter."""
    digits = _plain_number(text)
    above, slash, below = digits.partition("/")
    return digits.isdigit() or (bool(slash) and above.isdigit() and below.isdigit())


def is_no_stop_word(text: str) -> bool:
    """False: a language of which nothing is known has no stop words."""
    return False


def _plain_number(text: str) -> str:
    return (text[1:] if text.startswith(SIGNS) else text).replace(",", "").replace(".", "")


FLAGS: Mapping[str, Flag] = {
    "IS_ALPHA": str.isalpha,
    "IS_ASCII": str.isascii,
    "IS_BRACKET": BRACKETS.__contains__,
    "IS_CURRENCY": is_currency,
    "IS_DIGIT": str.isdigit,
    "IS_LEFT_PUNCT": LEFT_MARKS.__contains__,
    "IS_LOWER": str.islower,
    "IS_PUNCT": is_punctuation,
    "IS_QUOTE": QUOTES.__contains__,
    "IS_RIGHT_PUNCT": RIGHT_MARKS.__contains__,
    "IS_SPACE": str.isspace,
    "IS_STOP": is_no_stop_word,
    "IS_TITLE": str.istitle,
    "IS_UPPER": str.isupper,
    "LIKE_EMAIL": like_email,
    "LIKE_NUM": like_number,
    "LIKE_URL": like_url,
}
"""Name of the attribute -> whether a text of a language of which nothing is known has it."""


def flags_of(lang: str) -> Mapping[str, Flag]:
    """Name of the attribute -> whether a text of this language has it."""
    return {**FLAGS, **flags_of_words(language_data(lang))}


def flags_of_words(data: LanguageData) -> dict[str, Flag]:
    """The flags that mean something else in a language that has words for numbers, or stop words."""
    flags: dict[str, Flag] = {}
    if data.stop_words:
        flags["IS_STOP"] = partial(is_stop_word, data.stop_words)
    if data.number_words or data.ordinal_endings:
        flags["LIKE_NUM"] = partial(like_number_of, data.number_words, data.ordinal_endings)
    return flags


def is_stop_word(words: Collection[str], text: str) -> bool:
    """Whether it is one of these words, in any case."""
    return text.lower() in words


def like_number_of(words: Collection[str], ordinal_endings: tuple[str, ...], text: str) -> bool:
    """Whether a text looks like a number, is one of these words, or digits with the ending of an ordinal."""
    if like_number(text):
        return True
    word = _plain_number(text).lower()
    ending = next((end for end in ordinal_endings if word.endswith(end)), "")
    return word in words or (bool(ending) and word[: -len(ending)].isdigit())
