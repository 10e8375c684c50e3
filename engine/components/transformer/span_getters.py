# SPDX-License-Identifier: Apache-2.0
"""Which stretches of a document an encoder reads at once: whole documents, sentences, overlapping windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from ...config.registry import registry
from ...doc.batch import Batch
from ...doc.doc import Doc
from ...doc.span import Span
from ...errors import EngineError
from ...transformer import TokenSpans

SpanGetter = Callable[[Iterable[Doc]], list[list[Span]]]

DOC, SENT, STRIDED = "doc_spans.v1", "sent_spans.v1", "strided_spans.v1"
PREFIX = "spacy-transformers."


class StridedSpans:
    """Windows of so many tokens, each some tokens behind the one before."""

    def __init__(self, window: int, stride: int) -> None:
        for name, value in (("window", window), ("stride", stride)):
            if value < 1:
                raise EngineError(f"expected a {name} of at least one token, got {value}")
        self.window, self.stride = window, stride

    def __call__(self, docs: Iterable[Doc]) -> list[list[Span]]:
        """The spans of each document."""
        return [[doc[start:end] for start, end in self.places(len(doc))] for doc in docs]

    def places(self, n_tokens: int) -> list[tuple[int, int]]:
        """First token of each span of a document, and the one behind its last."""
        found, start = [], 0
        for _ in range(n_tokens // self.stride):
            found.append((start, min(start + self.window, n_tokens)))
            if start + self.window >= n_tokens:
                return found
            start += self.stride
        return [*found, (start, n_tokens)] if start < n_tokens else found


def get_doc_spans(docs: Iterable[Doc]) -> list[list[Span]]:
    """Each document as one span; none where it is empty."""
    return [[doc[0 : len(doc)]] if len(doc) else [] for doc in docs]


def get_sent_spans(docs: Iterable[Doc]) -> list[list[Span]]:
    """The sentences of each document. Raises: EngineError where nobody found any."""
    return [list(doc.sents) if len(doc) else [] for doc in docs]


@registry.span_getters(PREFIX + DOC)
def doc_spans() -> SpanGetter:
    """Whole documents; what is longer than the encoder can read is cut there, and the annotation says so."""
    return get_doc_spans


@registry.span_getters(PREFIX + SENT)
def sent_spans() -> SpanGetter:
    """Sentences, which a component before the encoder has to find."""
    return get_sent_spans


@registry.span_getters(PREFIX + STRIDED)
def strided_spans(window: int, stride: int) -> SpanGetter:
    """Windows of `window` tokens, `stride` apart; where they overlap, a token has the pieces of both."""
    return StridedSpans(window, stride)


get_strided_spans = strided_spans

registry.span_getters(DOC)(doc_spans)  # as some pages have them
registry.span_getters(SENT)(sent_spans)


def spans_of_batch(get_spans: SpanGetter, batch: Batch) -> TokenSpans:
    """The spans of a batch's documents as arrays. Raises: EngineError where a getter gives something else."""
    if isinstance(get_spans, StridedSpans):
        sizes = np.diff(batch.doc_offsets).tolist()
        return _of_places([get_spans.places(size) for size in sizes], batch)
    if get_spans is get_doc_spans:
        return _of_places(
            [[(0, size)] if size else [] for size in np.diff(batch.doc_offsets).tolist()], batch
        )
    docs = [Doc(batch, index) for index in range(batch.n_docs)]
    found = get_spans(docs)
    _check(found, docs)
    return _of_places([[(span.start, span.end) for span in spans if len(span)] for spans in found], batch)


def _of_places(places: Sequence[Sequence[tuple[int, int]]], batch: Batch) -> TokenSpans:
    counts = [len(spans) for spans in places]
    flat = np.array([place for spans in places for place in spans], dtype=np.int64).reshape(-1, 2)
    docs = np.repeat(np.arange(len(places)), counts)
    first = batch.doc_offsets[:-1][docs]
    return TokenSpans(docs, flat[:, 0] + first, flat[:, 1] + first)


def _check(found: object, docs: Sequence[Doc]) -> None:
    """Raises: EngineError unless there is a list of spans for each document."""
    if not isinstance(found, Sequence) or len(found) != len(docs):
        got = f"{len(found)} lists" if isinstance(found, Sequence) else type(found).__name__
        raise EngineError(
            f"expected a span getter to give {len(docs)} lists of spans, one a document, got {got}"
        )
    for spans, doc in zip(found, docs, strict=True):
        for span in spans:
            if not isinstance(span, Span) or not 0 <= span.start <= span.end <= len(doc):
                raise EngineError(f"expected a span getter to give spans of its documents, got {span!r}")
