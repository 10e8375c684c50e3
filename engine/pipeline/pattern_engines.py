# SPDX-License-Identifier: Apache-2.0
"""Which engine runs each regular expression of a pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..regexes import compiled, engine_of
from ..tokenizers.rules import PATTERNS, Rules


def pattern_engines(pipeline: Any) -> Iterator[tuple[str, str, str]]:
    """Component and place, pattern, and engine of each: the tokenizer's rules, and the `REGEX` of rulers and
    matchers."""
    rules = getattr(pipeline.tokenizer, "rule_set", None)
    if isinstance(rules, Rules):
        yield from _of_rules(rules)
    for name, component in pipeline.components:
        patterns = getattr(component, "patterns", ())
        for source in dict.fromkeys(_regexes(patterns() if callable(patterns) else patterns)):
            yield name, source, engine_of(compiled(source, name))


def _of_rules(rules: Rules) -> Iterator[tuple[str, str, str]]:
    for name in PATTERNS:
        pattern = rules.pattern(name)
        if pattern is not None:
            yield f"tokenizer: {name}", pattern.pattern, engine_of(pattern)


def _regexes(value: Any, inside: bool = False) -> Iterator[str]:
    """Texts that stand at `REGEX` anywhere in patterns."""
    if isinstance(value, str):
        yield from (value,) if inside else ()
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _regexes(item, inside or str(key).upper() == "REGEX")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _regexes(item, inside)
