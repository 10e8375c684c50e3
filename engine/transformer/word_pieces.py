# SPDX-License-Identifier: Apache-2.0
"""Words to pieces by the longest match, and to characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from unicodedata import category, normalize

CONTINUED = "##"


@dataclass(frozen=True)
class WordPieces:
    """Pieces by the longest match from the left. Where no piece matches, those found so far stay and the
    unknown piece follows.

    Source: Schuster and Nakajima 2012.
    """

    pieces: tuple[str, ...]
    unk_id: int
    lowercase: bool = False
    strip_accents: bool = False
    splits_punctuation: bool = False

    @cached_property
    def _known(self) -> dict[str, int]:
        return {piece: i for i, piece in enumerate(self.pieces)}

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.pieces), default=1)

    def ids_of(self, word: str) -> tuple[int, ...]:
        """The pieces of one word."""
        if self.lowercase:
            word = word.lower()
        if self.strip_accents:
            word = "".join(c for c in normalize("NFD", word) if category(c) != "Mn")
        parts = _parts(word) if self.splits_punctuation else [word]
        return tuple(piece for part in parts for piece in self._matches(part))

    def _matches(self, part: str) -> Iterator[int]:
        start = 0
        while start < len(part):
            mark = CONTINUED if start else ""
            for stop in range(min(len(part), start + self._longest), start, -1):
                found = self._known.get(mark + part[start:stop])
                if found is not None:
                    yield found
                    start = stop
                    break
            else:
                yield self.unk_id
                return


def _parts(word: str) -> Iterator[str]:
    """Stretches without punctuation, and each character of it by itself.

    >>> list(_parts("don't!"))
    ['don', "'", 't', '!']
    """
    start = 0
    for place, character in enumerate(word):
        if is_punctuation(character):
            if place > start:
                yield word[start:place]
            yield character
            start = place + 1
    if start < len(word):
        yield word[start:]


def is_punctuation(character: str) -> bool:
    """All ASCII that is neither letter, digit, blank nor control, and what Unicode calls punctuation."""
    number = ord(character)
    in_ascii = 33 <= number <= 47 or 58 <= number <= 64 or 91 <= number <= 96 or 123 <= number <= 126
    return in_ascii or category(character).startswith("P")


@dataclass(frozen=True)
class CharacterPieces:
    """A piece a character, in one of Unicode's normal forms (empty: as it is)."""

    vocab: dict[str, int]
    unk_id: int
    form: str = "NFKC"

    def ids_of(self, word: str) -> tuple[int, ...]:
        """The pieces of one word."""
        normal = normalize(self.form, word) if self.form else word  # type: ignore[arg-type]
        return tuple(self.vocab.get(character, self.unk_id) for character in normal)
