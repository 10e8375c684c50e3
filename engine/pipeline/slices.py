# SPDX-License-Identifier: Apache-2.0
"""A stream of texts in slices, several of which are annotated at a time and given out in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")

SLICE_CHARS = 40_000
"""Characters that one thread takes at a time: some 8,000 tokens, enough to fill the kernels' tiles."""


def slices(texts: Iterable[Any], size: int, as_tuples: bool) -> Iterator[list[Any]]:
    """Texts, or `(text, context)` pairs, in slices of some `SLICE_CHARS`, `size` of them at most."""
    part: list[Any] = []
    chars = 0
    for item in texts:
        part.append(item)
        text = item[0] if as_tuples else item
        chars += len(text) if isinstance(text, str) else len(getattr(text, "text", ""))
        if chars >= SLICE_CHARS or len(part) >= size:
            yield part
            part, chars = [], 0
    if part:
        yield part


def map_ahead(
    function: Callable[[list[Any]], Result], parts: Iterable[list[Any]], n_threads: int
) -> Iterator[tuple[list[Any], Result]]:
    """Each part with its result, in order, computed a few parts ahead of the reader."""
    if n_threads == 1:
        yield from ((part, function(part)) for part in parts)
        return
    pending: deque[tuple[list[Any], Future[Result]]] = deque()
    with ThreadPoolExecutor(n_threads, thread_name_prefix="freshet-pipe") as pool:
        try:
            for part in parts:
                pending.append((part, pool.submit(function, part)))
                if len(pending) > n_threads:
                    first, future = pending.popleft()
                    yield first, future.result()
            while pending:
                first, future = pending.popleft()
                yield first, future.result()
        finally:
            for _, future in pending:
                future.cancel()
