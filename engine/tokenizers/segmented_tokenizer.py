# SPDX-License-Identifier: Apache-2.0
"""Tokenizers for languages that write no blanks between words: a library of that language finds the words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from ..doc.batch import Batch
from ..errors import TokenizerError
from ..vocab.flags import Flag
from .rule_tokenizer import RuleTokenizer, batch_of_tokens
from .rules import Rules
from .spanning_exceptions import SpacedPiece

MADE_BY, SETTINGS = "made_by", "settings"

Segment = Callable[[str], Iterable[str]]
"""Words of a text, in order; white space may be left out."""


class SegmentedTokenizer(RuleTokenizer):
    """Asks `segment` for the words of each text; `maker` and `settings` are the registered name that makes it
    again."""

    def __init__(
        self,
        lang: str,
        segment: Segment,
        maker: str,
        settings: Mapping[str, Any],
        flags: Mapping[str, Flag] | None = None,
    ) -> None:
        super().__init__(Rules(lang), flags=flags)
        self.segment = segment
        self.maker = maker
        self.settings = dict(settings)

    def tokenize(self, texts: Sequence[str]) -> Batch:
        """A batch of documents, in the order of the texts.

        Raises: TokenizerError where the words do not spell a text.
        """
        texts = list(texts)
        docs = [list(spaced_words(text, self.segment(text))) for text in texts]
        return batch_of_tokens(texts, docs, self._current().lexemes)

    def to_json(self) -> str:
        """Who makes it."""
        return orjson.dumps({MADE_BY: self.maker, SETTINGS: self.settings}).decode()


def maker_of(source: bytes) -> tuple[str, dict[str, Any]] | None:
    """The registered name and the settings that a saved segmenter is made by; None where rules were saved."""
    try:
        value = orjson.loads(source)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict) or MADE_BY not in value or SETTINGS not in value:
        return None
    return str(value[MADE_BY]), dict(value[SETTINGS])


def spaced_words(text: str, words: Iterable[str]) -> Iterator[SpacedPiece]:
    """The words as tokens that spell the text: one blank after a word is a flag, other white space makes
    tokens.

    Raises: TokenizerError where they do not spell it.
    """
    at = 0
    waiting: str | None = None
    for word in (stripped for word in words if (stripped := word.strip())):
        place = text.find(word, at)
        gap = text[at:place] if place >= 0 else "?"
        if gap.strip():
            raise TokenizerError(
                f"expected words that spell the text, got {word[:40]!r} behind {at} characters"
            )
        yield from _with_gap(waiting, gap)
        waiting, at = word, place + len(word)
    gap = text[at:]
    if gap.strip():
        raise TokenizerError(f"expected words that spell the text, got none for {gap[:40]!r}")
    yield from _with_gap(waiting, gap)


def _with_gap(word: str | None, gap: str) -> Iterator[SpacedPiece]:
    space = word is not None and gap.startswith(" ")
    if word is not None:
        yield word, None, space
    if gap[space:]:
        yield gap[space:], None, False
