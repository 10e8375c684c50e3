# SPDX-License-Identifier: Apache-2.0
"""Files annotated without a log (`freshet apply`): slices over threads, results in the order of what came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

import orjson

from engine import Batch, Doc, Pipeline
from engine.annotation import WireFormat, encode_batch
from engine.doc.batch import join
from schemas import DecodeError, ModelRef, Source, TextMessage, decode_text

from ..serving.pipeline_model import model_ref

SLICE = 256
"""Lines or documents that are annotated together."""
TEXT_KEY = "text"

Item = TypeVar("Item")


class AnnotatedLine(NamedTuple):
    """What became of a line, counted from 1: the bytes of its annotation, or why there is none."""

    number: int
    value: bytes = b""
    failure: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatedSlice:
    """Some lines or documents in order, and the batch of those that have a text."""

    lines: list[AnnotatedLine]
    batch: Batch


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How input is understood: the name that stands for its topic, what lines hold, how annotations are
    written.

    `output_format` None: they are not; the batches are all that is wanted. `text_key`: the field of a JSON
    line that holds its text. `slice_size`: lines or documents that are annotated together.
    """

    name: str
    plain: bool = False
    output_format: WireFormat | None = "freshet"
    text_key: str = TEXT_KEY
    slice_size: int = SLICE


def annotate_lines(
    pipeline: Pipeline, lines: Iterable[bytes], options: FileOptions, threads: int
) -> Iterator[AnnotatedSlice]:
    """Annotate JSON or plain lines; a line that holds no text has its failure in its place."""

    decode = _decoder(options)

    def annotate(part: list[tuple[int, bytes]]) -> AnnotatedSlice:
        good: list[tuple[int, TextMessage]] = []
        failed: list[AnnotatedLine] = []
        for number, line in part:
            try:
                good.append((number, decode(number, line)))
            except DecodeError as error:
                failed.append(AnnotatedLine(number, b"", str(error)))
        batch = pipeline.predict_batch(pipeline.tokenizer.tokenize([message.text for _, message in good]))
        annotated = _encode(pipeline, batch, good, options)
        return AnnotatedSlice(sorted([*annotated, *failed]) if failed else annotated, batch)

    return _Slices(annotate, threads, options.slice_size).of(enumerate(lines, 1))


def annotate_documents(
    pipeline: Pipeline, docs: Iterable[Doc], options: FileOptions, threads: int
) -> Iterator[AnnotatedSlice]:
    """Annotate documents anew; their tokens stay as they are."""

    def annotate(part: list[tuple[int, Doc]]) -> AnnotatedSlice:
        messages = [(number, TextMessage(f"{options.name}:{number}", doc.text)) for number, doc in part]
        batch = pipeline.predict_batch(join([(doc.batch, doc.index) for _, doc in part]))
        return AnnotatedSlice(_encode(pipeline, batch, messages, options), batch)

    return _Slices(annotate, threads, options.slice_size).of(enumerate(docs, 1))


class _Slices(Generic[Item]):
    """A function of slices, on several slices at a time."""

    def __init__(self, annotate: Callable[[list[Item]], AnnotatedSlice], threads: int, size: int) -> None:
        self.annotate, self.threads, self.size = annotate, threads, size

    def of(self, items: Iterable[Item]) -> Iterator[AnnotatedSlice]:
        stream = iter(items)
        if self.threads == 1:  # a pool would take turns with this thread, which has nothing else to do
            while part := list(islice(stream, self.size)):
                yield self.annotate(part)
            return
        pending: deque[Future[AnnotatedSlice]] = deque()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="freshet-apply") as pool:
            while part := list(islice(stream, self.size)):
                pending.append(pool.submit(self.annotate, part))
                if len(pending) > self.threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()


def _encode(
    pipeline: Pipeline, batch: Batch, messages: list[tuple[int, TextMessage]], options: FileOptions
) -> list[AnnotatedLine]:
    if options.output_format is None:
        return [AnnotatedLine(number) for number, _ in messages]
    ref: ModelRef = model_ref(pipeline)
    sources = [Source(options.name, 0, number) for number, _ in messages]
    texts = [message for _, message in messages]
    values = encode_batch(batch, texts, sources, ref, format=options.output_format, lang=pipeline.lang)
    return [AnnotatedLine(number, value) for (number, _), value in zip(messages, values, strict=True)]


def _decoder(options: FileOptions) -> Callable[[int, bytes], TextMessage]:
    """What reads a line by its number. It raises DecodeError at one that holds no text."""
    name, plain = options.name, options.plain
    other_key = None if options.plain or options.text_key == TEXT_KEY else options.text_key

    def decode(number: int, line: bytes) -> TextMessage:
        if other_key is not None:
            line = _with_text_of(line, other_key)
        return decode_text(line, default_id=f"{name}:{number}", format="text" if plain else "json")

    return decode


def _with_text_of(line: bytes, key: str) -> bytes:
    """The JSON object with the text of another field; what is none stays as it is, and is refused as such."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line
    if not isinstance(row, dict) or key not in row:
        return line
    return orjson.dumps({**row, TEXT_KEY: row[key]})
