# SPDX-License-Identifier: Apache-2.0
"""A stream of texts annotated by several processes."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ..cores import n_cores
from ..doc.doc import Doc
from ..errors import EngineError
from .slices import slices

_worker: dict[str, Any] = {}
"""The pipeline of a process of the pool."""

Failure = tuple[str, int, str]
"""A component's name, the number of the text in its slice, and what went wrong."""


@dataclass(slots=True)
class Answers:
    """What became of a slice: number, bytes and user data of each document; what failed."""

    docs: list[tuple[int, bytes, Any]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def pipe_in_processes(
    nlp: Any, items: Iterable[Any], n_process: int, size: int, *, as_tuples: bool, disable: Sequence[str]
) -> Iterator[Any]:
    """Each document, in order. The processes are started anew and load the pipeline from its bytes; what a
    script registers must stand outside of `if __name__ == "__main__":`."""
    n_workers = n_cores() if n_process == -1 else n_process
    pool = ProcessPoolExecutor(
        n_workers,
        multiprocessing.get_context("spawn"),
        _begin,
        (nlp.to_bytes(), type(nlp)._base(), list(disable), nlp.max_length),
    )
    pending: deque[tuple[list[Any], Future[Answers]]] = deque()
    with pool:
        try:
            for part in slices(items, size, as_tuples):
                texts = [item[0] for item in part] if as_tuples else part
                pending.append((part, pool.submit(_annotate, texts)))
                if len(pending) > 2 * n_workers:
                    yield from _results(nlp, *pending.popleft(), as_tuples)
            while pending:
                yield from _results(nlp, *pending.popleft(), as_tuples)
        finally:
            for _, future in pending:
                future.cancel()


def _results(nlp: Any, part: list[Any], future: Future[Answers], as_tuples: bool) -> Iterator[Any]:
    answers = future.result()
    for name, number, message in answers.failures:
        component = nlp.get_pipe(name) if name in nlp.component_names else nlp.tokenizer
        nlp.default_error_handler(name, component, [part[number]], EngineError(message))
    for number, data, user_data in answers.docs:
        doc = Doc(nlp.vocab).from_bytes(data)
        doc.user_data = user_data
        yield (doc, part[number][1]) if as_tuples else doc


def _begin(data: bytes, base: Any, disable: list[str], max_length: int) -> None:
    nlp = base.of_bytes(data)
    nlp.max_length = max_length
    _worker.update(nlp=nlp, disable=disable)


def _annotate(texts: list[Any]) -> Answers:
    """The documents of a slice; those that fail are left out, and said."""
    nlp, disable = _worker["nlp"], _worker["disable"]
    answers, failed = Answers(), []
    nlp.default_error_handler = lambda name, component, docs, error: failed.append((name, error))
    numbered = [(text, number) for number, text in enumerate(texts)]
    for doc, number in nlp.pipe(numbered, as_tuples=True, disable=disable, n_threads=1):
        answers.docs.append((number, doc.to_bytes(exclude=("user_data",)), dict(doc.user_data)))
    lost = sorted({*range(len(texts))} - {number for number, _, _ in answers.docs})
    answers.failures = [
        (name, number, f"{type(error).__name__}: {error}")
        for number, (name, error) in zip(lost, failed, strict=True)
    ]
    return answers
