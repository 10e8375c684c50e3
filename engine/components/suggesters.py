# SPDX-License-Identifier: Apache-2.0
"""Suggesters: which spans of a document are looked at.

A suggester is a function of documents (and of `ops`, which it may ignore) that gives start and end tokens as
one `Ragged`, document after document. Register your own with `@registry.misc("NAME")`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from thinc.types import Ragged

from ..config.registry import registry
from ..doc.doc import Doc
from ..errors import ComponentError

Suggester = Callable[..., Ragged]


@registry.misc("freshet.ngram_suggester.v1")
def ngram_suggester(sizes: list[int]) -> Suggester:
    """All spans of these lengths, size after size. Raises: EngineError where a size is below 1."""
    if not sizes or min(sizes) < 1:
        raise ComponentError(f"expected sizes of spans from 1 on, got {sizes}")

    def suggest(docs: Sequence[Doc], *, ops: Any = None) -> Ragged:
        """Spans of every document."""
        return ragged_spans([_ngrams(len(doc), sizes) for doc in docs])

    return suggest


@registry.misc("freshet.ngram_range_suggester.v1")
def ngram_range_suggester(min_size: int, max_size: int) -> Suggester:
    """All spans of lengths from `min_size` to `max_size`. Raises: EngineError where there is no such length
    from 1 on."""
    if not 1 <= min_size <= max_size:
        raise ComponentError(f"expected sizes of spans from 1 on, got {min_size} to {max_size}")

    def suggest(docs: Sequence[Doc], *, ops: Any = None) -> Ragged:
        """Spans of every document."""
        return ragged_spans([_ngrams(len(doc), range(min_size, min(max_size, len(doc)) + 1)) for doc in docs])

    return suggest


@registry.misc("freshet.preset_spans_suggester.v1")
def preset_spans_suggester(spans_key: str) -> Suggester:
    """The spans that are in a group of the document already."""

    def suggest(docs: Sequence[Doc], *, ops: Any = None) -> Ragged:
        """Spans of every document."""
        groups = ([(span.start, span.end) for span in doc.spans.get(spans_key, [])] for doc in docs)
        return ragged_spans([np.array(group, dtype=np.int32).reshape(-1, 2) for group in groups])

    return suggest


def ragged_spans(parts: Sequence[np.ndarray[Any, Any]]) -> Ragged:
    """Spans of every document as one value. Shape: each part `(n_spans, 2)`."""
    lengths = np.array([len(part) for part in parts], dtype=np.int32)
    return Ragged(np.concatenate([*parts, np.zeros((0, 2), dtype=np.int32)]).astype(np.int32), lengths)


def _ngrams(n_tokens: int, sizes: Sequence[int]) -> np.ndarray[Any, Any]:
    parts = [np.zeros((0, 2), dtype=np.int32)]
    for size in sizes:
        first = np.arange(max(n_tokens - size + 1, 0), dtype=np.int32)
        parts.append(np.stack([first, first + size], axis=1))
    return np.concatenate(parts)
