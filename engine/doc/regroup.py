# SPDX-License-Identifier: Apache-2.0
"""Documents cut anew: other tokens for the same texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .batch import Batch

CharPlace = tuple[int, int]
"""First character of a token, and the one behind its last."""


def regroup(batch: Batch, places: Sequence[Sequence[CharPlace]]) -> None:
    """Give the documents of a batch, in place, these tokens, in order, for each document. Whatever stands
    between them becomes tokens too: what is no white space by itself, and white space but for one blank
    behind a token. Nothing that was known of the old tokens stays.
    """
    docs = [list(_whole(text, given)) for text, given in zip(batch.texts, places, strict=True)]
    flat = [token for doc in docs for token in doc]
    words = [text[start:end] for text, doc in zip(batch.texts, docs, strict=True) for start, end, _ in doc]
    batch.doc_offsets = np.concatenate([[0], np.cumsum([len(doc) for doc in docs])]).astype(np.int64)
    batch.lexeme_ids = np.array(batch.lexemes.add_many(words), dtype=np.int32)
    batch.starts = np.array([start for start, _, _ in flat], dtype=np.int32)
    batch.lengths = np.array([end - start for start, end, _ in flat], dtype=np.int32)
    batch.spaces = np.array([space for _, _, space in flat], dtype=np.uint8)
    batch.columns, batch.spans, batch.vectors, batch.grads, batch.pieces = {}, {}, {}, {}, {}
    batch.sent_starts = batch.heads = None


def _whole(text: str, places: Sequence[CharPlace]) -> Iterator[tuple[int, int, int]]:
    """All tokens of a text, with whether a blank follows each."""
    at = 0
    for start, end in [*places, (len(text), len(text))]:
        for gap in _gaps(text, at, start):
            yield from _with_blank(text, *gap)
        if start < end:
            yield from _with_blank(text, start, end)
        at = _behind(text, end) if start < end else end


def _with_blank(text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    yield start, end, int(_behind(text, end) > end and not text[start:end].isspace())


def _behind(text: str, end: int) -> int:
    """Where the next token may begin: behind one blank."""
    return end + 1 if text[end : end + 1] == " " else end


def _gaps(text: str, start: int, end: int) -> Iterator[CharPlace]:
    """Runs of white space and of other characters between two tokens; one blank behind the latter is
    theirs."""
    while start < end:
        is_space = text[start].isspace()
        stop = start + 1
        while stop < end and text[stop].isspace() == is_space:
            stop += 1
        yield start, stop
        start = stop if is_space else min(_behind(text, stop), end)
