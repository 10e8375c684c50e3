# SPDX-License-Identifier: Apache-2.0
"""Two tokenizations of one text: which tokens of the one overlap which tokens of the other, by character
positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import EngineError
from .batch import IntArray
from .doc import Doc


@dataclass(frozen=True, slots=True, eq=False)
class TokenSpans:
    """Character spans of a document's tokens, those that are whitespace left out or not, and which tokens
    those are.

    Shape: starts, ends, tokens `(n_visible,)`, in order; `n_tokens` counts whitespace too.
    """

    starts: IntArray
    ends: IntArray
    tokens: IntArray
    n_tokens: int

    def border(self, start: int, end: int) -> tuple[int, int]:
        """First and last character position of those of the tokens `start:end` that are not left out."""
        first, last = np.searchsorted(self.tokens, (start, end)).tolist()
        return (int(self.starts[first]), int(self.ends[last - 1])) if last > first else (-1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """For each token the range of the other side's tokens that it overlaps; an empty range for whitespace
    that the other side has otherwise.

    Shape: firsts, lasts `(n_tokens,)`, half-open.
    """

    firsts: IntArray
    lasts: IntArray

    def __len__(self) -> int:
        return len(self.firsts)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """The ranges in order."""
        return zip(self.firsts.tolist(), self.lasts.tolist(), strict=True)

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """The other side's tokens that the tokens `start:end` touch, or None where they touch none."""
        touching = np.flatnonzero(self.lasts[start:end] > self.firsts[start:end])
        if not len(touching):
            return None
        return int(self.firsts[start + touching[0]]), int(self.lasts[start + touching[-1]])


def align(ours: TokenSpans, theirs: TokenSpans) -> Alignment:
    """For each of our tokens the range of their tokens that shares a character with it."""
    firsts, lasts = np.zeros((2, ours.n_tokens), dtype=np.int64)
    first = np.searchsorted(theirs.ends, ours.starts, side="right")
    last = np.searchsorted(theirs.starts, ours.ends, side="left")
    touches = last > first
    firsts[ours.tokens[touches]] = theirs.tokens[first[touches]]
    lasts[ours.tokens[touches]] = theirs.tokens[last[touches] - 1] + 1
    return Alignment(firsts, lasts)


def comparable_spans(ours: Doc, theirs: Doc) -> tuple[TokenSpans, TokenSpans]:
    """Token spans of both documents in one coordinate: characters of the text or, where the texts differ,
    those that are not whitespace.

    Raises: EngineError where the texts differ by more than whitespace and case.
    """
    if ours.text == theirs.text:
        return _spans(ours), _spans(theirs)
    a, b = _squeeze(ours.text), _squeeze(theirs.text)
    if a != b:
        at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        raise EngineError(
            f"an example needs one text on both sides, up to whitespace and case; from its character {at} "
            f"(whitespace not counted) the pipeline has {a[at : at + 30]!r} and the annotation "
            f"{b[at : at + 30]!r}; correct the annotated words"
        )
    return _squeezed_spans(ours), _squeezed_spans(theirs)


def token_places(ours: Doc, theirs: Doc) -> tuple[TokenSpans, TokenSpans]:
    """As `comparable_spans`, with whitespace tokens where both have the same text."""
    if ours.text == theirs.text:
        return _spans(ours, whitespace=True), _spans(theirs, whitespace=True)
    return comparable_spans(ours, theirs)


def _spans(doc: Doc, *, whitespace: bool = False) -> TokenSpans:
    batch = doc.batch
    rows = batch.rows(doc.index)
    starts = batch.starts[rows].astype(np.int64)
    is_space = batch.lexemes.is_space[batch.lexeme_ids[rows]]
    visible = np.flatnonzero(~is_space) if not whitespace else np.arange(len(starts))
    ends = starts + batch.lengths[rows]
    return TokenSpans(starts[visible], ends[visible], visible, len(starts))


def _squeezed_spans(doc: Doc) -> TokenSpans:
    spans = _spans(doc)
    visible = [not character.isspace() for character in doc.text]
    position = np.concatenate([[0], np.cumsum(visible, dtype=np.int64)])
    return TokenSpans(position[spans.starts], position[spans.ends], spans.tokens, spans.n_tokens)


def _squeeze(text: str) -> str:
    """The text without whitespace, each character's case folded by itself so that positions stay."""
    return "".join(_fold(character) for character in text if not character.isspace())


def _fold(character: str) -> str:
    folded = character.lower()
    return folded if len(folded) == 1 else character
