# SPDX-License-Identifier: Apache-2.0
"""What is known of a language before anything is learned: how its texts are cut and which words are
special."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .characters import URL

Piece = tuple[str, str | None]
"""One token of an exception: its text, and the norm that only this token has (None: the lexeme's own)."""


@dataclass(frozen=True, slots=True)
class WritingSystem:
    """How a language is written: `ltr` or `rtl`, with capitals, with letters that stand for sounds."""

    direction: str = "ltr"
    has_case: bool = True
    has_letters: bool = True


@dataclass(frozen=True, slots=True)
class LanguageData:
    """Rules and words of a language; patterns are Python `re` sources.

    `prefixes` and `suffixes` are cut off at the ends of what lies between blanks, `infixes` within; what
    `token_match` or `url_match` match stays whole; `exceptions` name exact texts and their pieces. `simple`
    is a promise that makes new chunks cheap and changes nothing (see `tokenizers.Rules`). `number_words` and
    words of digits with one of the `ordinal_endings` look like numbers.
    """

    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]
    infixes: tuple[str, ...]
    token_match: str | None = None
    url_match: str | None = URL
    exceptions: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)
    norms: Mapping[str, str] = field(default_factory=dict)
    simple: str | None = None
    stop_words: frozenset[str] = frozenset()
    number_words: frozenset[str] = frozenset()
    ordinal_endings: tuple[str, ...] = ()
    writing_system: WritingSystem = WritingSystem()
