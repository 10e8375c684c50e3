# SPDX-License-Identifier: Apache-2.0
"""Consecutive tokens of one document: an entity, a sentence, a noun phrase, or what one cuts out oneself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import or_

from ..errors import DocError
from .doc_columns import DocColumns
from .token import Token


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Span:
    """Consecutive tokens `start:end` of a document, with a label or an empty one, and the id that a rule gave
    it, if any."""

    doc: DocColumns
    start: int
    end: int
    label: str = ""
    id: str = ""

    def __repr__(self) -> str:
        """The text."""
        return self.text

    def __len__(self) -> int:
        """Number of tokens."""
        return self.end - self.start

    def __iter__(self) -> Iterator[Token]:
        """Its tokens."""
        return (Token(self.doc, i) for i in range(self.start, self.end))

    def __getitem__(self, key: int) -> Token:
        """A token by its position in the span."""
        if not -len(self) <= key < len(self):
            raise IndexError(f"expected a position below {len(self)}, got {key}")
        return Token(self.doc, self.start + key % len(self))

    def __eq__(self, other: object) -> bool:
        """Same tokens of the same document, same label."""
        mine = (self.start, self.end, self.label)
        return (
            isinstance(other, Span)
            and mine == (other.start, other.end, other.label)
            and self.doc.is_same(other.doc)
        )

    def __hash__(self) -> int:
        """By document, tokens and label."""
        return hash((id(self.doc.batch), self.doc.index, self.start, self.end, self.label))

    @property
    def start_char(self) -> int:
        """Character offset of its first code point."""
        starts = self.doc.starts
        return starts[self.start] if self.start < len(starts) else len(self.doc.text)

    @property
    def end_char(self) -> int:
        """Character offset behind its last code point."""
        return self.doc.ends[self.end - 1] if self.end > self.start else self.start_char

    @property
    def root(self) -> Token:
        """The token nearest to the root of its tree; the first of several.

        Raises: DocError where the span is empty.
        """
        if self.end == self.start:
            raise DocError("expected a span with tokens to find its root, got an empty one")
        return Token(
            self.doc,
            self.doc.tree.top(self.start, self.end, list(map(or_, self.doc.is_puncts, self.doc.is_spaces))),
        )

    @property
    def text(self) -> str:
        """Its text, with the blanks inside."""
        return self.doc.text[self.start_char : self.end_char]
