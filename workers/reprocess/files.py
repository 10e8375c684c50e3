# SPDX-License-Identifier: Apache-2.0
"""Files annotated without a log (`freshet apply`): slices over threads, results in the order of what came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

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


@dataclass(frozen=True, slots=True)
class AnnotatedLine:
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

    def annotate(part: list[tuple[int, bytes]]) -> AnnotatedSlice:
        decoded = [(number, _decode(number, line, options)) for number, line in part]
        good = [(number, message) for number, message in decoded if isinstance(message, TextMessage)]
        batch = pipeline.predict_batch(pipeline.tokenizer.tokenize([message.text for _, message in good]))
        encoded = _encode(pipeline, batch, good, options)
        failed = {number: str(error) for number, error in decoded if number not in encoded}
        return AnnotatedSlice(
            [AnnotatedLine(n, encoded.get(n, b""), failed.get(n, "")) for n, _ in decoded], batch
        )

    return _Slices(annotate, threads, options.slice_size).of(enumerate(lines, 1))


def annotate_documents(
    pipeline: Pipeline, docs: Iterable[Doc], options: FileOptions, threads: int
) -> Iterator[AnnotatedSlice]:
    """Annotate documents anew; their tokens stay as they are."""

    def annotate(part: list[tuple[int, Doc]]) -> AnnotatedSlice:
        messages = [(number, TextMessage(f"{options.name}:{number}", doc.text)) for number, doc in part]
        batch = pipeline.predict_batch(join([(doc.batch, doc.index) for _, doc in part]))
        encoded = _encode(pipeline, batch, messages, options)
        return AnnotatedSlice([AnnotatedLine(number, encoded[number]) for number, _ in part], batch)

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
) -> dict[int, bytes]:
    if options.output_format is None:
        return dict.fromkeys((number for number, _ in messages), b"")
    ref: ModelRef = model_ref(pipeline)
    sources = [Source(options.name, 0, number) for number, _ in messages]
    values = encode_batch(
        batch, [m for _, m in messages], sources, ref, format=options.output_format, lang=pipeline.lang
    )
    return dict(zip((number for number, _ in messages), values, strict=True))


def _decode(number: int, line: bytes, options: FileOptions) -> TextMessage | DecodeError:
    try:
        if options.text_key != TEXT_KEY and not options.plain:
            line = _with_text_of(line, options.text_key)
        return decode_text(
            line, default_id=f"{options.name}:{number}", format="text" if options.plain else "json"
        )
    except DecodeError as error:
        return error


def _with_text_of(line: bytes, key: str) -> bytes:
    """The JSON object with the text of another field; what is none stays as it is, and is refused as such."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line
    if not isinstance(row, dict) or key not in row:
        return line
    return orjson.dumps({**row, TEXT_KEY: row[key]})
