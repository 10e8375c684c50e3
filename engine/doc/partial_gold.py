# SPDX-License-Identifier: Apache-2.0
"""Gold documents of which only a part may be known: what nobody annotated stays unknown, and never
becomes a "no"."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from ..errors import EngineError
from .batch import UNSET, LabelColumn, Spans
from .biluo import MISSING
from .tokenizer_protocol import Tokenizer
from .tree import ROOT

CharSpans = Sequence[tuple[int, int, str]]
"""Labelled spans `(first character, end, label)`, ends exclusive."""

WRONG_ENTS = "incorrect_spans"
"""Group of spans that are known not to be entities of their label."""

RIGHT = "correct_spans:"
WRONG = "incorrect_spans:"
"""What the names of groups begin with that say of single spans that they belong into the group whose key
follows, or do not."""


class PartialGold:
    """A gold document under way: a text whose tokens fit all that will be said about it.

    `places` are words that the speaker chose; the rest of the text is cut by our tokenizer, and further at
    `borders`, so that each span can be said. Units: code points.
    Raises: EngineError where places overlap or leave the text, here and where a span borders inside one of
    them.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        text: str,
        places: Sequence[tuple[int, int]] = (),
        spans: Sequence[tuple[int, int]] = (),
    ) -> None:
        if any(not 0 <= start < end <= len(text) for start, end in places) or any(
            b[0] < a[1] for a, b in pairwise(places)
        ):
            raise EngineError(
                f"expected tokens in order within the {len(text)} characters of the text, got "
                f"{list(places)[:5]}"
            )
        pieces = _pieces(
            tokenizer, text, places, {border for start, end in spans for border in trim(text, start, end)}
        )
        ends = [*(start for start, _ in pieces[1:]), len(text)] if pieces else []
        words = [text[start:end] for start, end in pieces]
        self.doc = tokenizer.from_words(
            words, [end < after for (_, end), after in zip(pieces, ends, strict=True)]
        )
        if self.doc.text != text:
            raise EngineError(
                f"expected tokens that make {text[:60]!r}, got {self.doc.text[:60]!r}; this is a bug in "
                "Freshet"
            )
        self._first = {start: i for i, (start, _) in enumerate(pieces)}
        self._end = {end: i + 1 for i, (_, end) in enumerate(pieces)}
        self._rows = [self._first[start] for start, _ in places]

    def set_ents(self, spans: CharSpans, *, complete: bool, wrong: CharSpans = ()) -> None:
        """Entities. Where they are not complete, tokens outside of them are unknown, and a span without a
        label is known to be none."""
        known = self.token_spans(spans)
        ents = [span for span in known if span[2]]
        if not complete:
            covered = np.zeros(len(self.doc), dtype=bool)
            for start, end, _ in known:
                covered[start:end] = True
            ents += _runs(~covered)
        self.doc.set_ents(ents)
        if wrong:
            self.doc.set_spans(WRONG_ENTS, self.token_spans(wrong))

    def set_spans(self, key: str, spans: CharSpans, *, complete: bool, wrong: CharSpans = ()) -> None:
        """A group of spans. Where it is not complete, spans that are not named are unknown: the group itself
        stays missing, and what was said stands in groups of its own."""
        said = {key if complete else RIGHT + key: spans, WRONG + key: wrong}
        for name, group in said.items():
            if group or name == key:
                self.doc.set_spans(name, self.token_spans(group))

    def set_values(self, column: str, values: Sequence[str | None]) -> None:
        """A label column: one value for each of the places; None, and a token that is none of them, is
        unknown."""
        ids = np.full(len(self.doc), UNSET, dtype=np.int32)
        # The empty string among the labels says that it is a value here ("no features"), and that no value is
        # no knowledge.
        labels = (*dict.fromkeys(value for value in values if value), "")
        by_label = {label: i for i, label in enumerate(labels)}
        ids[self._rows] = [UNSET if value is None else by_label[value] for value in values]
        self.doc.batch.columns[column] = LabelColumn(ids, labels)

    def set_tree(self, heads: Sequence[int | None], labels: Sequence[str | None]) -> None:
        """Heads as positions among the places, and the arcs' labels; None where unknown."""
        all_heads, deps = list(range(len(self.doc))), [""] * len(self.doc)
        for row, head, label in zip(self._rows, heads, labels, strict=True):
            if head is not None and label is not None:
                all_heads[row], deps[row] = self._rows[head], ROOT if label.upper() == ROOT else label
        self.doc.set_heads(all_heads, deps)

    def set_sents(self, spans: CharSpans, *, complete: bool) -> None:
        """Sentences, those of whitespace alone left out. Where they are not complete, only the tokens within
        them are known to start one or not."""
        starts = [-1 if complete else 0] * len(self.doc)
        with_words = [span for span in spans if self.doc.text[span[0] : span[1]].strip()]
        for first, end, _ in self.token_spans(with_words):
            starts[first:end] = [1] + [-1] * (end - first - 1)
        self.doc.set_sent_starts(starts)

    def set_cats(
        self, scores: Mapping[str, float], *, complete: bool, categories: Sequence[str] = ()
    ) -> None:
        """Categories. Where they are complete, those that are not named do not apply; the ones of
        `categories` stand there with the score 0."""
        self.doc.batch.names_all_cats = complete
        self.doc.set_cats((dict.fromkeys(categories, 0.0) if complete else {}) | dict(scores))

    def token_spans(self, spans: CharSpans) -> Spans:
        """The spans by token positions, without whitespace at their ends. Raises: EngineError where one does
        not fit the tokens."""
        token_spans = []
        for start, end, label in spans:
            first, last = trim(self.doc.text, start, end)
            if first == last:
                raise EngineError(
                    f"expected spans with words in them, got {self.doc.text[start:end]!r} at {start}:{end} "
                    f"({label})"
                )
            if first not in self._first or last not in self._end:
                raise EngineError(
                    f"expected spans that begin and end with a token, got {start}:{end} ({label}) in "
                    f"{len(self.doc)} tokens"
                )
            token_spans.append((self._first[first], self._end[last], label))
        return sorted(token_spans)


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the whitespace at its ends.

    >>> trim("a bc ", 1, 5)
    (2, 4)
    """
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    return first, max(first, start + len(piece.rstrip()))


def _pieces(
    tokenizer: Tokenizer, text: str, places: Sequence[tuple[int, int]], borders: set[int]
) -> list[tuple[int, int]]:
    """The places, and between them our tokens, cut at the borders."""
    batch = tokenizer(text).batch
    ours = zip(batch.starts.tolist(), (batch.starts + batch.lengths).tolist(), strict=True)
    taken = np.zeros(len(text) + 1, dtype=bool)
    for start, end in places:
        taken[start:end] = True
    edges = sorted(borders | {edge for place in places for edge in place})
    pieces = list(places)
    for start, end in ours:
        inner = edges[bisect_right(edges, start) : bisect_left(edges, end)]
        pieces += [(a, b) for a, b in pairwise([start, *inner, end]) if not taken[a]]
    return sorted(pieces)


def _runs(mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Spans:
    """The stretches of true values as spans of unknown tokens."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))).tolist()
    return [(start, end, MISSING) for start, end in zip(edges[::2], edges[1::2], strict=True)]
