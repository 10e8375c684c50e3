# SPDX-License-Identifier: Apache-2.0
"""Annotating lines without a log: slices over threads, results in the order of the lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from engine import Pipeline
from schemas import DecodeError, Source, TextMessage, decode_text

from .live_model import Model
from .pipeline_model import pipeline_model

SLICE_LINES = 256


@dataclass(frozen=True, slots=True)
class AnnotatedLine:
    """What became of a line, counted from 1: the bytes of its annotation, or why there is none."""

    number: int
    value: bytes = b""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class LineReading:
    """How lines are understood: the name that stands for their topic, what they hold, how annotations are written."""

    name: str
    plain: bool = False
    output_format: str = "freshet"


def annotate_lines(pipeline: Pipeline, lines: Iterable[bytes], reading: LineReading, threads: int) -> Iterator[AnnotatedLine]:
    """Annotate JSON or plain lines; a line that holds no text has its failure in its place."""
    model = pipeline_model(pipeline, reading.output_format)
    numbered = enumerate(lines, 1)
    pending: deque[Future[list[AnnotatedLine]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="freshet-apply") as pool:
        while part := list(islice(numbered, SLICE_LINES)):
            pending.append(pool.submit(_annotate, model, part, reading))
            if len(pending) > threads:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()


def _annotate(model: Model, lines: list[tuple[int, bytes]], reading: LineReading) -> list[AnnotatedLine]:
    decoded = [(number, _decode(number, line, reading)) for number, line in lines]
    good = [(number, message) for number, message in decoded if isinstance(message, TextMessage)]
    sources = [Source(reading.name, 0, number) for number, _ in good]
    values = model.annotate([message for _, message in good], sources, _no_lap)
    written = dict(zip((number for number, _ in good), values, strict=True))
    return [AnnotatedLine(n, written[n]) if n in written else AnnotatedLine(n, failure=str(message)) for n, message in decoded]


def _decode(number: int, line: bytes, reading: LineReading) -> TextMessage | DecodeError:
    try:
        return decode_text(line, default_id=f"{reading.name}:{number}", format="text" if reading.plain else "json")
    except DecodeError as error:
        return error


def _no_lap(stage: str) -> None:
    """Nobody asks how long each stage takes."""
