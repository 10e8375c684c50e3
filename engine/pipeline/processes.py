# SPDX-License-Identifier: Apache-2.0
"""A stream of texts annotated by several processes."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

from ..cores import n_cores
from ..doc.doc import Doc
from .slices import slices

_worker: dict[str, Any] = {}
"""The pipeline of a process of the pool."""


def pipe_in_processes(
    nlp: Any, items: Iterable[Any], n_process: int, size: int, *, as_tuples: bool, disable: Sequence[str]
) -> Iterator[Any]:
    """Each document, in order. The processes are started anew and load the pipeline from its bytes; what a
    script registers must stand outside of `if __name__ == "__main__":`."""
    n_workers = n_cores() if n_process == -1 else n_process
    data = nlp.to_bytes()
    pool = ProcessPoolExecutor(
        n_workers, multiprocessing.get_context("spawn"), _begin, (data, type(nlp), list(disable))
    )
    pending: deque[tuple[list[Any], Future[list[Doc]]]] = deque()
    with pool:
        try:
            for part in slices(items, size, as_tuples):
                texts = [item[0] for item in part] if as_tuples else part
                pending.append((part, pool.submit(_annotate, texts)))
                if len(pending) > 2 * n_workers:
                    yield from _results(*pending.popleft(), as_tuples)
            while pending:
                yield from _results(*pending.popleft(), as_tuples)
        finally:
            for _, future in pending:
                future.cancel()


def _results(part: list[Any], future: Future[list[Doc]], as_tuples: bool) -> Iterator[Any]:
    docs = future.result()
    yield from zip(docs, (item[1] for item in part), strict=True) if as_tuples else docs


def _begin(data: bytes, kind: type, disable: list[str]) -> None:
    from_bytes: Any = kind
    _worker.update(nlp=from_bytes.of_bytes(data), disable=disable)


def _annotate(texts: list[Any]) -> list[Doc]:
    nlp, disable = _worker["nlp"], _worker["disable"]
    return list(nlp.pipe(texts, disable=disable, n_threads=1))
