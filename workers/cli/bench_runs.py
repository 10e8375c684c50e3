# SPDX-License-Identifier: Apache-2.0
"""How fast a pipeline is on this machine: words a second, alone and through a log, and the latency of one
text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles

from engine import Pipeline

from .demo.stream import DemoStream

LATENCY_TEXTS = 300


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure: the median of its repeats, with the lowest and the highest."""

    name: str
    value: float
    low: float
    high: float
    unit: str


def measure_engine(
    pipeline: Pipeline, texts: Sequence[str], threads: int, repeats: int
) -> Iterator[Measurement]:
    """Tokenizer and pipeline, without any log."""
    words = sum(len(doc) for doc in pipeline.pipe(texts, n_threads=threads))
    yield _rate("tokenizer, 1 thread", words, lambda: pipeline.tokenizer.tokenize(texts), repeats)
    for n in sorted({1, threads}):
        yield _rate(
            f"pipeline, {n} thread{'s' if n > 1 else ''}", words, partial(_drain, pipeline, texts, n), repeats
        )
    yield from _latencies(pipeline, texts)


def measure_stream(stream: DemoStream, values: Sequence[bytes], repeats: int) -> Iterator[Measurement]:
    """Texts through a log and an annotator, from the first one's sending to the last one's annotation."""
    for _ in stream.send_burst(values[:500]):
        pass
    texts, words = [], []
    for _ in range(repeats):
        before, began = stream.tally.words, time.perf_counter()
        for _ in stream.send_burst(values):
            pass
        seconds = time.perf_counter() - began
        texts.append(len(values) / seconds)
        words.append((stream.tally.words - before) / seconds)
    yield _of("through the log, exactly once", words, "words/s")
    yield _of("through the log, exactly once", texts, "texts/s")


def _latencies(pipeline: Pipeline, texts: Sequence[str]) -> Iterator[Measurement]:
    seconds = [_seconds(partial(pipeline, text)) for text in texts[:LATENCY_TEXTS]]
    cuts = quantiles(seconds, n=100)
    for name, cut in (("p50", 49), ("p99", 98)):
        yield Measurement(
            f"one text, {name}", cuts[cut] * 1000, min(seconds) * 1000, max(seconds) * 1000, "ms"
        )


def _rate(name: str, words: int, run: Callable[[], object], repeats: int) -> Measurement:
    run()
    return _of(name, [words / _seconds(run) for _ in range(repeats)], "words/s")


def _of(name: str, values: Sequence[float], unit: str) -> Measurement:
    return Measurement(name, median(values), min(values), max(values), unit)


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _drain(pipeline: Pipeline, texts: Sequence[str], threads: int) -> None:
    for _ in pipeline.pipe(texts, n_threads=threads):
        pass
