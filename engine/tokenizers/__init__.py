# SPDX-License-Identifier: Apache-2.0
"""Rule tokenizers, by language."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import TokenizerError
from . import english, neutral
from .rule_tokenizer import Tokenizer
from .rules import Piece, Rules

RULES: dict[str, Callable[[], Rules]] = {"en": english.rules, "xx": neutral.rules}
"""Functions that make the rules of a language, by its code."""


def tokenizer_for(lang: str) -> Tokenizer:
    """A new tokenizer for a language.

    Raises: TokenizerError where there are no rules for it.
    """
    if lang not in RULES:
        raise TokenizerError(
            f"expected a language with tokenizer rules, got {lang!r}; there are {', '.join(sorted(RULES))}"
        )
    return Tokenizer(RULES[lang]())


__all__ = ["RULES", "Piece", "Rules", "Tokenizer", "tokenizer_for"]
