# SPDX-License-Identifier: Apache-2.0
"""How a text becomes tokens: the reference algorithm, one chunk at a time, in plain Python.

Three bounds keep hostile text from taking quadratic time; the fast path has the same ones. A run of more than
`MAX_CHUNK` code points is cut into slices of that size; no chunk loses affixes for more than `MAX_ROUNDS`
rounds; and a suffix is looked for among the last `SUFFIX_WINDOW` code points, or as many more as it is long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ..vocab.lexemes import LexemeKey
from .rules import Piece, Rules
from .search_functions import SearchFunction
from .spanning_exceptions import SpacedPiece, SpanningExceptions, with_blank

MAX_CHUNK = 4096
"""Code points of the longest chunk; longer runs are cut, so that one token never grows beyond it. Compiled
into `chunk_loops`."""

MAX_ROUNDS = MAX_CHUNK
"""Rounds of taking off affixes: as many as the longest chunk can need, so that a line of dashes is cut to its
end."""

SUFFIX_WINDOW = 128
"""Code points at the end of a chunk among which a suffix may begin."""

SUFFIX_SIGHT = 2 * SUFFIX_WINDOW
"""Code points at the end of a chunk that decide about its suffix, what patterns look back at included."""

_MAX_BORDERS = 4096
"""Chunks whose pieces, and whose border tokens, are kept; they are asked for again and again, in every text
that holds an emoticon."""

_MAX_KEPT = 64
"""Code points of the longest chunk whose pieces are kept: a hostile one has as many pieces as code points."""


Function = Callable[[str], Any]
"""What people may give instead of a pattern: see `search_functions`."""


class CutChunks(NamedTuple):
    """Pieces of many chunks on end as keys of the lexeme table, pieces per chunk, and chunks that neighbours
    may change."""

    keys: list[LexemeKey]
    counts: list[int]
    unsure: list[int]


class Splitter:
    """Compiled rules: cuts texts into chunks and chunks into pieces. Safe to share between threads.

    `functions` stand in for patterns of the rules, by their names.
    """

    def __init__(self, rules: Rules, functions: Mapping[str, Function] | None = None) -> None:
        self.rules = rules
        self._exceptions: dict[str, tuple[Piece, ...]] = dict(rules.exceptions)
        found = {name: SearchFunction(function) for name, function in (functions or {}).items()}
        self._prefix = found.get("prefix") or rules.pattern("prefix")
        self._suffix = found.get("suffix") or rules.pattern("suffix")
        self._infix = found.get("infix") or rules.pattern("infix")
        self._token_match = found.get("token_match") or rules.pattern("token_match")
        self._url_match = found.get("url_match") or rules.pattern("url_match")
        self._simple = rules.pattern("simple")
        self._split_before = lru_cache(maxsize=_MAX_BORDERS)(self.split)
        self._borders = lru_cache(maxsize=_MAX_BORDERS)(self._find_borders)
        self._spanning = SpanningExceptions(self._exceptions, self._spanning_patterns())

    def tokens(self, text: str, *, again: bool = False) -> list[SpacedPiece]:
        """All tokens of a text; their texts and blanks spell it exactly. `again`: short chunks that came
        lately are not cut anew."""
        out: list[SpacedPiece] = []
        for start, end, space in chunks(text):
            split = self._split_before if again and end - start <= _MAX_KEPT else self.split
            out += with_blank(split(text[start:end]), space)
        return self._spanning.apply(out)

    def split(self, chunk: str) -> Sequence[Piece]:
        """Pieces of one chunk, before exceptions are looked for across them."""
        exception = self._exceptions.get(chunk)
        return self._take_apart(chunk, self._exceptions) if exception is None else exception

    def cut_all(self, chunks: Sequence[str]) -> CutChunks:
        """Final pieces of chunks that have no neighbours, and which of them some neighbour might change (see
        `reaches`)."""
        out = CutChunks([], [], [])
        keys, counts = out.keys, out.counts
        exceptions, firsts = self._exceptions, self._spanning.firsts
        fullmatch = self._simple.fullmatch if self._simple is not None else _no_match
        for number, chunk in enumerate(chunks):
            match = None if chunk in exceptions or chunk in firsts else fullmatch(chunk)
            if match is not None and match.lastindex is None:
                keys.append(chunk)
                counts.append(1)
                continue
            simple = self._groups(match) if match is not None else None
            if simple is not None and firsts.isdisjoint(simple):
                keys += simple
                counts.append(len(simple))
                continue
            pieces, unsure = self._cut_alone(chunk)
            keys += [text if norm is None else (text, norm) for text, norm in pieces]
            counts.append(len(pieces))
            if unsure:
                out.unsure.append(number)
        return out

    def reaches(self, left: str, right: str) -> bool:
        """Whether a pattern may reach over the border of two neighbouring chunks, so that they must be cut
        together."""
        return self._spanning.may_reach(self._borders(left)[1], self._borders(right)[0])

    def affixes(self, text: str) -> tuple[list[str], str, list[str]]:
        """Prefixes of a chunk, what is left, and suffixes in the order of taking."""
        return self._affixes(text, self._exceptions)

    def prefix_length(self, text: str) -> int:
        """How many characters the prefix rule takes at the beginning."""
        match = self._prefix.search(text) if self._prefix is not None else None
        return 0 if match is None else match.end() - match.start()

    def suffix_length(self, text: str) -> int:
        """What the suffix rule takes at the end: looked for in a window, a wider one where it reaches over
        the window's border."""
        window = SUFFIX_WINDOW
        while self._suffix is not None:
            first = max(0, len(text) - window)
            match = self._suffix.search(text, first)
            if match is None or not first or match.start() > first:
                return 0 if match is None else match.end() - match.start()
            window *= 4
        return 0

    def infix_matches(self, text: str) -> Iterator[Any]:
        """What the infix rule finds."""
        return self._infix.finditer(text) if self._infix is not None else iter(())

    def named_infixes(self, text: str) -> Iterator[tuple[str, str]]:
        """What no affix rule touches, whole or cut at every infix, each piece with the rule that made it."""
        whole = {"TOKEN_MATCH": self._token_match, "URL_MATCH": self._url_match}
        name = next((n for n, pattern in whole.items() if pattern is not None and pattern.match(text)), None)
        if name is not None:
            yield name, text
            return
        last = 0
        for match in self.infix_matches(text):
            start, end = match.span()
            if start == 0:
                continue
            if start > last:
                yield "TOKEN", text[last:start]
            if end > start:
                yield "INFIX", text[start:end]
            last = end
        if last < len(text):
            yield "TOKEN", text[last:]

    def _find_borders(self, chunk: str) -> tuple[str, str]:
        """First and last token of a chunk, before exceptions are looked for across them."""
        pieces = self.split(chunk)
        return pieces[0][0], pieces[-1][0]

    def _cut_alone(self, chunk: str) -> tuple[Sequence[Piece], bool]:
        """Final pieces of one chunk without neighbours, and whether some neighbour might change them."""
        pieces = self.split(chunk)
        unsure = self._spanning.may_change([text for text, _ in pieces])
        tokens = self._spanning.apply([(*piece, False) for piece in pieces])
        return [(text, norm) for text, norm, _ in tokens], unsure

    def _spanning_patterns(self) -> dict[str, tuple[str, ...]]:
        """Exceptions that tokens may spell together, and the tokens that their text is cut into without
        exceptions."""
        heuristics = self.rules.faster_heuristics
        keys = [key for key in self._exceptions if not heuristics or self._has_border(key)]
        return {
            key: tuple(piece for s, e, _ in chunks(key) for piece, _ in self._take_apart(key[s:e], {}))
            for key in keys
        }

    def _has_border(self, key: str) -> bool:
        searches = (self._prefix, self._suffix, self._infix)
        return " " in key or any(pattern is not None and pattern.search(key) for pattern in searches)

    def _take_apart(self, chunk: str, exceptions: dict[str, tuple[Piece, ...]]) -> Sequence[Piece]:
        """Affixes off, round after round; then what is left is an exception, a simple text, or cut at its
        infixes."""
        simple = self._simple_cut(chunk) if exceptions else None
        if simple is not None:
            return simple
        prefixes, middle, suffixes = self._affixes(chunk, exceptions)
        out: list[Piece] = [(text, None) for text in prefixes]
        if middle:
            exception = exceptions.get(middle)
            out += self._infixes(middle) if exception is None else exception
        out += [(text, None) for text in reversed(suffixes)]
        return out

    def _simple_cut(self, text: str) -> Sequence[Piece] | None:
        """Pieces of a text that the rules promise to be simple, None if they do not or if an exception is in
        it."""
        match = self._simple.fullmatch(text) if self._simple is not None else None
        if match is None:
            return None
        if match.lastindex is None:
            return ((text, None),)
        groups = self._groups(match)
        return None if groups is None else [(group, None) for group in groups]

    def _groups(self, match: re.Match[str]) -> list[str] | None:
        """Groups of a simple text, None if an exception begins at the first or second of them."""
        groups = [group for group in match.groups() if group]
        exceptions = self._exceptions
        for first in (0, 1):
            joined = ""
            for group in groups[first:]:
                joined += group
                if joined in exceptions:
                    return None
        return groups

    def _affixes(
        self, text: str, exceptions: dict[str, tuple[Piece, ...]]
    ) -> tuple[list[str], str, list[str]]:
        """Prefixes, what is left, and suffixes in the order of taking."""
        prefixes: list[str] = []
        suffixes: list[str] = []
        whole = self._token_match.match if self._token_match is not None else None
        no_suffix = False
        for _ in range(MAX_ROUNDS):
            if not text or text in exceptions or (whole is not None and whole(text)):
                break
            p = self.prefix_length(text)
            if p and text[p:] in exceptions:
                prefixes.append(text[:p])
                text = text[p:]
                break
            q = 0 if no_suffix and len(text) - p > SUFFIX_SIGHT else self.suffix_length(text[p:])
            no_suffix = not q
            if q and text[:-q] in exceptions:
                suffixes.append(text[-q:])
                text = text[:-q]
                break
            if not p and not q:
                break
            if p:
                prefixes.append(text[:p])
            if q and p + q <= len(text):
                suffixes.append(text[-q:])
                text = text[p:-q]
            else:
                text = text[p:]
        return prefixes, text, suffixes

    def _infixes(self, text: str) -> list[Piece]:
        """The same without names."""
        return [(piece, None) for _, piece in self.named_infixes(text)]


def _no_match(_: str) -> None:
    """What stands in for a pattern that the rules do not have."""


def chunks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Runs of constant white space as (start, end, one blank follows); a single blank after a word belongs to
    none."""
    start, size = 0, len(text)
    while start < size:
        blank = text[start].isspace()
        end = start + 1
        while end < size and text[end].isspace() == blank:
            end += 1
        space = not blank and end < size and text[end] == " "
        while end - start > MAX_CHUNK:
            yield start, start + MAX_CHUNK, False
            start += MAX_CHUNK
        yield start, end, space
        start = end + space
