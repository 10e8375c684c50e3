# SPDX-License-Identifier: Apache-2.0
"""The rules of every language that there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

from ..errors import UnknownLanguageError
from ..languages import NAMES, has_own_rules
from .defaults import defaults_of, rules_of_defaults, tokenizer_of
from .editable_tokenizer import EditableTokenizer
from .rules import Rules
from .segmenters import CHARACTERS, DEFAULTS


def rules_of(lang: str) -> Rules:
    """The rules of a language: its own, or the neutral ones."""
    return rules_of_defaults(defaults_of(lang), lang)


RULES: Mapping[str, Callable[[], Rules]] = {lang: partial(rules_of, lang) for lang in NAMES}
"""Functions that make the rules of a language, by its code."""


def tokenizer_for(lang: str) -> EditableTokenizer:
    """A new tokenizer for a language.

    Raises: TokenizerError where there is no such language.
    """
    if lang not in RULES:
        raise UnknownLanguageError(
            f"expected a language with tokenizer rules, got {lang!r}; there are {', '.join(sorted(RULES))}"
        )
    return tokenizer_of(defaults_of(lang), lang)


def kind_of_rules(tokenizer: object) -> str:
    """Where a tokenizer's rules come from, in words: the language's own ones, the neutral ones, those that a
    pipeline brought or somebody changed, or none at all."""
    maker = getattr(tokenizer, "maker", None)
    if isinstance(maker, str):
        return f"words by {maker}"
    rules = getattr(tokenizer, "rule_set", None)
    if not isinstance(rules, Rules):
        return "no rules, a function"
    if rules == Rules(rules.lang, infix=CHARACTERS):
        return "single characters"
    if rules.lang not in RULES or rules != _first_rules(rules.lang):
        return "rules of this pipeline"
    if has_own_rules(rules.lang):
        return f"own rules for {rules.lang}"
    if rules.lang in DEFAULTS:
        return f"neutral rules: words of {rules.lang} need the extra {rules.lang}"
    return f"neutral rules: there are none of its own for {rules.lang}"


@cache
def _first_rules(lang: str) -> Rules:
    return rules_of(lang)
