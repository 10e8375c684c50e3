# SPDX-License-Identifier: Apache-2.0
"""`freshet send`: lines of a file or of stdin into a topic."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from schemas import TextMessage, encode_text

from ..transports.base import OutgoingRecord
from .common import BrokerOption, err, opened, progress

app = typer.Typer(add_completion=False)
BATCH_RECORDS = 1000


class LineFormat(StrEnum):
    """What a line of the input is."""

    json = "json"
    text = "text"
    bare = "bare"


FormatOption = Annotated[
    LineFormat | None,
    typer.Option(
        "--format", help="json: lines are messages, sent as they are; text: lines are texts, made into messages; bare: sent as they are."
    ),
]


@app.command()
def send(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="Where to.")],
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="A file of lines, or - for stdin.")] = "-",
    key_field: Annotated[str | None, typer.Option(help="Field of the JSON lines whose value becomes the record's key.")] = None,
    line_format: FormatOption = None,
    broker: BrokerOption = None,
) -> None:
    """Send JSONL or plain lines to a topic. Without --format a .txt file is text and everything else JSON."""
    form = line_format or (LineFormat.text if file.endswith(".txt") else LineFormat.json)
    started, sent = time.perf_counter(), 0
    with opened_lines(file) as lines, opened(broker) as transport, progress("records") as bar:
        producer = transport.producer()
        task = bar.add_task(f"to {topic}", total=count_lines(file))
        for batch in _batches(record_of(topic, line, form, key_field) for line in lines):
            producer.send(batch)
            sent += len(batch)
            bar.advance(task, len(batch))
        producer.close()
    seconds = time.perf_counter() - started
    err.print(f"{sent:,} records to {topic} in {seconds:.1f} s ({sent / max(seconds, 1e-9):,.0f}/s)")


def record_of(topic: str, line: bytes, form: LineFormat, key_field: str | None = None) -> OutgoingRecord:
    """The record that one line becomes; a JSON line goes as it is, whatever it holds: the reader's dead letters will say what is wrong."""
    if form is LineFormat.text:
        return OutgoingRecord(topic, encode_text(TextMessage(id="", text=line.decode("utf-8", "replace"))))
    return OutgoingRecord(topic, line, key=_key(line, key_field) if key_field else None)


def _key(line: bytes, field: str) -> bytes | None:
    try:
        value = json.loads(line).get(field)
    except (ValueError, AttributeError):
        return None
    return None if value is None else str(value).encode("utf-8", "replace")


@contextmanager
def opened_lines(file: str) -> Iterator[Iterable[bytes]]:
    """The lines of a file, or of stdin for -, without their ends and without the empty ones."""
    if file == "-":
        yield _stripped(sys.stdin.buffer)
    else:
        with Path(file).open("rb") as stream:
            yield _stripped(stream)


def _stripped(stream: BinaryIO) -> Iterator[bytes]:
    return (line for line in (raw.rstrip(b"\r\n") for raw in stream) if line)


def count_lines(file: str) -> int | None:
    """How many lines there will be; unknown of stdin."""
    if file == "-":
        return None
    with Path(file).open("rb") as stream:
        return sum(1 for _ in _stripped(stream))


def _batches(records: Iterable[OutgoingRecord]) -> Iterator[list[OutgoingRecord]]:
    iterator = iter(records)
    while batch := list(islice(iterator, BATCH_RECORDS)):
        yield batch
