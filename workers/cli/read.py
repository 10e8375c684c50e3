# SPDX-License-Identifier: Apache-2.0
"""`freshet read`: records of a topic, for machines as JSON lines, for people in colour."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Annotated

import orjson
import typer

from schemas import DecodeError, decode_annotation, decode_correction

from ..transports.base import Record
from .console import BrokerOption, opened, out
from .pretty import pretty_annotation, pretty_correction

app = typer.Typer(add_completion=False)


@app.command()
def read(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="What to read.")],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for new records instead of stopping at the end.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=0, help="Stop after so many records.")] = None,
    start: Annotated[
        str,
        typer.Option("--from", metavar="earliest|latest|OFFSET", help="Where to begin in each partition."),
    ] = "earliest",
    group: Annotated[
        str | None, typer.Option(help="Begin where this consumer group stands; nothing is committed.")
    ] = None,
    pretty: Annotated[
        bool,
        typer.Option(
            "--pretty", help="Entities in colour, words over their tags, or trees where there is a parser."
        ),
    ] = False,
    whole: Annotated[
        bool,
        typer.Option(
            "--json", help="Whole records: topic, partition, offset, timestamp, key, headers, value."
        ),
    ] = False,
    broker: BrokerOption = None,
) -> None:
    """Print a topic's messages as JSON lines; only what is committed is seen."""
    show = _print_pretty if pretty else _print_record if whole else _print_message
    with opened(broker) as transport:
        _each(show, transport.read(topic, _start(start), follow=follow, limit=limit, group=group))


def record_as_json(record: Record) -> bytes:
    """A whole record as a line of JSON; a value that is no JSON is a string, or {"base64": ...} where it is
    no text either."""
    row = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp_ms,
    }
    row |= {
        "key": None if record.key is None else _text(record.key),
        "headers": {name: _text(value) for name, value in record.headers},
    }
    return orjson.dumps(row)[:-1] + b',"value":' + value_as_json(record.value) + b"}"


def value_as_json(value: bytes | None) -> bytes:
    """A record's value on one line of JSON: itself where it is JSON already."""
    if value is None:
        return b"null"
    try:
        return orjson.dumps(orjson.loads(value))
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.dumps(value.decode("utf-8"))
    except UnicodeDecodeError:
        return orjson.dumps({"base64": base64.b64encode(value).decode("ascii")})


def _each(show: Callable[[Record], None], records: Iterable[Record]) -> None:
    try:
        for record in records:
            show(record)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _print_message(record: Record) -> None:
    _print_line(value_as_json(record.value))


def _print_record(record: Record) -> None:
    _print_line(record_as_json(record))


def _print_line(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _print_pretty(record: Record) -> None:
    with suppress(DecodeError):
        return out.print(
            pretty_annotation(decode_annotation(record.value, headers=record.headers), out.width, arcs=True)
        )
    with suppress(DecodeError):
        return out.print(pretty_correction(decode_correction(record.value, headers=record.headers)))
    out.print(value_as_json(record.value).decode("utf-8"), markup=False)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _start(text: str) -> str | int:
    if text in ("earliest", "latest"):
        return text
    if text.isascii() and text.isdigit():
        return int(text)
    raise typer.BadParameter(f"expected earliest, latest or an offset, got {text!r}", param_hint="--from")
