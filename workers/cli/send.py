# SPDX-License-Identifier: Apache-2.0
"""`freshet send`: lines of a file or of stdin into a topic."""

from __future__ import annotations

import getpass
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated

import typer

from schemas import (
    DecodeError,
    TextMessage,
    encode_correction,
    encode_text,
    json_object,
    lacks_layer,
    read_correction,
    schema_header,
    silence_of,
)
from schemas import correction as correction_schema

from ..errors import WorkerError
from ..transports import OutgoingRecord
from .broker import open_broker
from .console import err, progress
from .line_files import count_lines, decode_line, open_numbered_lines, require_utf8
from .options import BrokerOption

app = typer.Typer(add_completion=False)
BATCH_RECORDS = 1000


class LineFormat(StrEnum):
    """What a line of the input is."""

    json = "json"
    text = "text"
    bare = "bare"
    corrections = "corrections"


FormatOption = Annotated[
    LineFormat | None,
    typer.Option(
        "--format",
        help="json: lines are messages, sent as they are; text: lines are texts, made into messages; "
        "bare: sent as they are; "
        "corrections: lines are corrections or Prodigy tasks, sent as corrections with the text's id as key.",
    ),
]
AuthorOption = Annotated[
    str | None, typer.Option(help="Author of corrections that name none; by default the login name.")
]
CompleteOption = Annotated[
    bool | None,
    typer.Option(
        "--complete/--partial",
        help="Whether Prodigy's spans are all that there are; by default its interface says.",
    ),
]


class EmptyLayer(StrEnum):
    """What a task is about that does not tell it."""

    ents = "ents"
    spans = "spans"


LayerOption = Annotated[
    EmptyLayer | None,
    typer.Option(
        "--layer",
        help="What Prodigy's tasks without an interface are about; accepted ones without spans then say that "
        "nothing is there.",
    ),
]


@app.command()
def send(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="Where to.")],
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="A file of lines, or - for stdin.")] = "-",
    key_field: Annotated[
        str | None, typer.Option(help="Field of the JSON lines whose value becomes the record's key.")
    ] = None,
    line_format: FormatOption = None,
    author: AuthorOption = None,
    complete: CompleteOption = None,
    layer: LayerOption = None,
    broker: BrokerOption = None,
) -> None:
    """Send JSONL or plain lines to a topic.

    Without --format, lines for the topic `corrections` are corrections or Prodigy tasks; else a .txt file is
    text and everything else JSON. A line of text that is not UTF-8 is refused by its number, of a file before
    anything is sent.
    """
    form = line_format or _form_of(topic, file)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    corrections = Corrections(topic, author or _login_name(), created, complete, layer or "")
    if form is LineFormat.text:
        require_utf8(file)
    started, sent = time.perf_counter(), 0
    with (
        open_numbered_lines(file) as lines,
        open_broker(broker) as transport,
        closing(transport.producer()) as producer,
        progress("records") as bar,
    ):
        task = bar.add_task(f"to {topic}", total=count_lines(file))

        def record(number: int, line: bytes) -> OutgoingRecord | None:
            if form is LineFormat.corrections:
                return corrections.record_of(line)
            if form is LineFormat.text:
                decode_line(line, file, number)
            return record_of(topic, line, form, key_field)

        found = (record(number, line) for number, line in lines)
        try:
            for batch in _batches(one for one in found if one is not None):
                producer.send(batch)
                sent += len(batch)
                bar.advance(task, len(batch))
        except WorkerError:
            err.print(f"{sent:,} records went before the line that is refused")
            raise
    seconds = time.perf_counter() - started
    err.print(f"{sent:,} records to {topic} in {seconds:.1f} s ({sent / max(seconds, 1e-9):,.0f}/s)")
    for remark in corrections.remarks():
        err.print(remark, markup=False)


@dataclass(frozen=True, slots=True)
class Corrections:
    """Lines of corrections and of Prodigy's tasks as records; counts those that say nothing and those that
    are wrong."""

    topic: str
    author: str
    created: str
    complete: bool | None = None
    layer: str = ""
    silent: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def record_of(self, line: bytes) -> OutgoingRecord | None:
        """The correction's record; None for a task that says nothing. A wrong line goes as it is: the dead
        letters will say why."""
        try:
            found = read_correction(
                line,
                default_author=self.author,
                default_created=self.created,
                complete=self.complete,
                layer=self.layer,
            )
        except DecodeError as error:
            if _lacks_layer(line):
                self._leave_out(line)
                return None
            self.wrong[error.reason] += 1
            return OutgoingRecord(self.topic, line)
        if found is None:
            self._leave_out(line)
            return None
        header = schema_header(correction_schema.NAME, correction_schema.MAJOR)
        return OutgoingRecord(self.topic, encode_correction(found), key=found.id.encode(), headers=(header,))

    def remarks(self) -> Iterator[str]:
        """What a person should know of lines that are no corrections; what was left out comes last."""
        for reason, n in sorted(self.wrong.items()):
            yield (
                f"{n:,} lines are no corrections ({reason}) and were sent as they are; whoever validates "
                f"them writes {self.topic}.dlq"
            )
        if self.silent:
            reasons = "; ".join(f"{n:,} {reason}" for reason, n in self.silent.most_common())
            yield f"{self.silent.total():,} lines say nothing and were not sent: {reasons}"

    def _leave_out(self, line: bytes) -> None:
        self.silent[silence_of(json_object(line)).value] += 1


def _lacks_layer(line: bytes) -> bool:
    try:
        return lacks_layer(json_object(line))
    except DecodeError:
        return False


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown"


def _form_of(topic: str, file: str) -> LineFormat:
    if topic == correction_schema.TOPIC:
        return LineFormat.corrections
    return LineFormat.text if file.endswith(".txt") else LineFormat.json


def record_of(topic: str, line: bytes, form: LineFormat, key_field: str | None = None) -> OutgoingRecord:
    """The record that one line becomes; a JSON line goes as it is, whatever it holds: the reader's dead
    letters will say what is wrong."""
    if form is LineFormat.text:
        return OutgoingRecord(topic, encode_text(TextMessage(id="", text=line.decode("utf-8"))))
    return OutgoingRecord(topic, line, key=_key(line, key_field) if key_field else None)


def _key(line: bytes, field: str) -> bytes | None:
    try:
        value = json.loads(line).get(field)
    except (ValueError, AttributeError):
        return None
    return None if value is None else str(value).encode("utf-8", "replace")


def _batches(records: Iterable[OutgoingRecord]) -> Iterator[list[OutgoingRecord]]:
    iterator = iter(records)
    while batch := list(islice(iterator, BATCH_RECORDS)):
        yield batch
