# SPDX-License-Identifier: Apache-2.0
"""Spans that do not overlap; words of a text with the blanks after them."""

from __future__ import annotations

from collections.abc import Iterable

from ..doc.span import Span


def filter_spans(spans: Iterable[Span]) -> list[Span]:
    """Spans that do not overlap: longer ones before shorter ones, then the first; in order of the text."""
    chosen: list[Span] = []
    taken: set[int] = set()
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        if not taken.intersection(range(span.start, span.end)):
            chosen.append(span)
            taken.update(range(span.start, span.end))
    return sorted(chosen, key=lambda span: span.start)


def filter_chain_spans(*spans: Iterable[Span]) -> list[Span]:
    """The same of several lists of spans together."""
    return filter_spans([span for group in spans for span in group])


def get_words_and_spaces(words: Iterable[str], text: str) -> tuple[list[str], list[bool]]:
    """Words and the blanks after them so that they spell a text; more white space is words, too.

    Raises: ValueError where the words do not spell the text.

    >>> get_words_and_spaces(["a", "b"], "a  b")
    (['a', ' ', 'b'], [True, False, False])
    """
    words = list(words)
    if "".join("".join(words).split()) != "".join(text.split()):
        raise ValueError(f"expected words that spell the text, got {words[:5]} ... for {text[:40]!r} ...")
    found: list[str] = []
    spaces: list[bool] = []
    place = 0
    for word in (word for word in words if not word.isspace()):
        start = text.index(word, place)
        _add_blanks(text[place:start], found, spaces)
        found.append(word)
        place = start + len(word)
        spaces.append(text[place : place + 1] == " ")
        place += spaces[-1]
    _add_blanks(text[place:], found, spaces)
    return found, spaces


def _add_blanks(blanks: str, words: list[str], spaces: list[bool]) -> None:
    if blanks:
        words.append(blanks)
        spaces.append(False)
