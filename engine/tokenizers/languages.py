# SPDX-License-Identifier: Apache-2.0
"""The languages that there are tokenizer rules for."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import TokenizerError
from . import english, neutral
from .rule_tokenizer import RuleTokenizer
from .rules import Rules

RULES: dict[str, Callable[[], Rules]] = {"en": english.rules, "xx": neutral.rules}
"""Functions that make the rules of a language, by its code."""


def tokenizer_for(lang: str) -> RuleTokenizer:
    """A new tokenizer for a language.

    Raises: TokenizerError where there are no rules for it.
    """
    if lang not in RULES:
        raise TokenizerError(
            f"expected a language with tokenizer rules, got {lang!r}; there are {', '.join(sorted(RULES))}"
        )
    return RuleTokenizer(RULES[lang]())
