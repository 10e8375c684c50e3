# SPDX-License-Identifier: Apache-2.0
"""Which spans stay where found ones meet those that are there: the choices that rulers offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from ..config.registry import registry


class RuleSpan(NamedTuple):
    """Tokens `start:end` of a document, a label, and the id of the rule or knowledge base entry."""

    start: int
    end: int
    label: str
    id: str = ""
    kb_id: str = ""


SpanFilter: TypeAlias = Callable[[Sequence[RuleSpan], Sequence[RuleSpan]], list[RuleSpan]]
"""`keep(existing, found)`: what stays of both."""


def longest_first(spans: Iterable[RuleSpan]) -> list[RuleSpan]:
    """The longest spans first, the leftmost of those as long, in their order."""
    return sorted(spans, key=lambda span: (span.end - span.start, -span.start), reverse=True)


def without_overlaps(spans: Iterable[RuleSpan]) -> list[RuleSpan]:
    """Those of the spans that do not overlap a longer one, or one as long before it; in order of start."""
    chosen: list[RuleSpan] = []
    taken: set[int] = set()
    for span in longest_first(spans):
        if span.start not in taken and span.end - 1 not in taken:
            chosen.append(span)
            taken.update(range(span.start, span.end))
    return sorted(chosen, key=lambda span: span.start)


@registry.misc("freshet.first_longest_spans_filter.v1")
def make_first_longest() -> SpanFilter:
    """Of all spans together, the longest stay."""
    return lambda existing, found: without_overlaps([*existing, *found])


@registry.misc("freshet.prioritize_new_ents_filter.v1")
def make_new_first() -> SpanFilter:
    """What was found stays, and of what was there all that does not overlap it."""
    return prefer_new


@registry.misc("freshet.prioritize_existing_ents_filter.v1")
def make_existing_first() -> SpanFilter:
    """What was there stays, and of what was found all that does not overlap it."""
    return prefer_existing


def prefer_new(existing: Sequence[RuleSpan], found: Sequence[RuleSpan]) -> list[RuleSpan]:
    """Found spans, longest first, replace those that they overlap."""
    remaining = list(existing)
    new: list[RuleSpan] = []
    taken: set[int] = set()
    for span in longest_first(found):
        if span.start not in taken and span.end - 1 not in taken:
            new.append(span)
            remaining = [old for old in remaining if not (old.start < span.end and old.end > span.start)]
            taken.update(range(span.start, span.end))
    return remaining + new


def prefer_existing(existing: Sequence[RuleSpan], found: Sequence[RuleSpan]) -> list[RuleSpan]:
    """Found spans, longest first, where nothing is yet."""
    new: list[RuleSpan] = []
    taken = {token for span in existing for token in range(span.start, span.end)}
    for span in longest_first(found):
        if taken.isdisjoint(range(span.start, span.end)):
            new.append(span)
            taken.update(range(span.start, span.end))
    return [*existing, *new]
