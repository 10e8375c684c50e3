# SPDX-License-Identifier: Apache-2.0
"""Exceptions that are found among finished tokens: what affixes, infixes or blanks have cut apart is put
together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from .rules import Piece

SpacedPiece = tuple[str, str | None, bool]
"""Text, norm given by an exception, and whether one blank follows."""


class SpanningExceptions:
    """Token sequences that may spell an exception, and their replacement in a document.

    `patterns` maps the text of an exception to the tokens that it is cut into when there are no exceptions.
    """

    def __init__(
        self, exceptions: Mapping[str, tuple[Piece, ...]], patterns: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._exceptions = exceptions
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for pattern in dict.fromkeys(patterns.values()):
            self._by_first.setdefault(pattern[0], []).append(pattern)
        pairs = [(key, pair) for key, pattern in patterns.items() for pair in pairwise(pattern)]
        self._neighbours = {pair for _, pair in pairs}
        self._lefts = {left for left, _ in self._neighbours}
        self._rights = {right for _, right in self._neighbours}
        self._blank_lefts = {left for key, (left, _) in pairs if any(char.isspace() for char in key)}
        self.firsts = frozenset(self._by_first)

    def apply(self, tokens: list[SpacedPiece]) -> list[SpacedPiece]:
        """The tokens with every sequence that spells an exception replaced by its pieces: longest first, then
        leftmost.

        A match is dropped if its first or last token is covered by an earlier one, a dropped one too.
        """
        covered = [False] * len(tokens)
        matched: dict[int, int] = {}
        for start, end in self._matches([text for text, _, _ in tokens]):
            if not covered[start] and not covered[end - 1]:
                matched[start] = end
            covered[start:end] = [True] * (end - start)
        return self._replace(tokens, matched) if matched else tokens

    def may_change(self, texts: Sequence[str]) -> bool:
        """Whether the tokens of a chunk, cut alone, might come out otherwise next to some neighbour
        (`may_reach` tells which).

        They do if a match inside competes with one over the border, or if an exception with a blank begins in
        the chunk.
        """
        if self.firsts.isdisjoint(texts):
            return False
        if self._matches(texts):
            return texts[-1] in self._lefts or texts[0] in self._rights or texts[-1] in self._blank_lefts
        return texts[-1] in self._blank_lefts

    def may_reach(self, left: str, right: str) -> bool:
        """Whether some exception has these two tokens next to each other."""
        return (left, right) in self._neighbours

    def _matches(self, texts: Sequence[str]) -> list[tuple[int, int]]:
        """All matches as (start, end) token positions, longest first, then leftmost."""
        matches: list[tuple[int, int]] = []
        for start, text in enumerate(texts):
            for pattern in self._by_first.get(text, ()):
                end = start + len(pattern)
                if tuple(texts[start:end]) == pattern:
                    matches.append((start, end))
        return sorted(matches, key=lambda span: (span[0] - span[1], span[0]))

    def _replace(self, tokens: list[SpacedPiece], matched: dict[int, int]) -> list[SpacedPiece]:
        """Put pieces where the text of a match, blanks included, is an exception; the last takes over the
        last blank."""
        out: list[SpacedPiece] = []
        at = 0
        while at < len(tokens):
            end = matched.get(at, at + 1)
            span = tokens[at:end]
            spelt = "".join(text + " " * space for text, _, space in span[:-1]) + span[-1][0]
            pieces = self._exceptions.get(spelt) if at in matched else None
            out += span if pieces is None else with_blank(pieces, span[-1][2])
            at = end
        return out


def with_blank(pieces: Sequence[Piece], space: bool) -> list[SpacedPiece]:
    """Pieces as tokens, the last of which has the flag."""
    return [*((text, norm, False) for text, norm in pieces[:-1]), (*pieces[-1], space)]
