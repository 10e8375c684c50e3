# SPDX-License-Identifier: Apache-2.0
"""`freshet read`: records of a topic, for machines as JSON lines, for people in colour."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from typing import Annotated

import typer

from ..terminal import write_line
from ..transports import Record
from ..transports.topic_reader import await_first
from .broker import open_broker
from .console import err
from .options import BrokerOption
from .record_json import encode_record, encode_value

app = typer.Typer(add_completion=False)
WAIT = 10.0


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
        str | None,
        typer.Option(help="Read as this consumer group, from where it stands; what is printed is committed."),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="Wait so long for a first record; 0: do not wait."),
    ] = WAIT,
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
    """Print a topic's messages as JSON lines; only what is committed is seen.

    Where there is no record yet, a first one is waited for; --from latest, which begins where the log ends,
    waits with --follow only. Exit code 0 where none came, 1 where the topic does not even exist.
    """
    show = _pretty_printer() if pretty else _print_record if whole else _print_message
    begin = _parse_start(start)
    if limit == 0 or (begin == "latest" and group is None and not follow):
        wait = 0.0
    with open_broker(broker) as transport:
        records = partial(transport.read, topic, begin, follow=follow, limit=limit, group=group)
        if not _show_all(show, await_first(records, wait, partial(_say_waiting, topic, wait))) and wait:
            err.print(f"no record of {topic!r} came in {wait:g} s", markup=False)


def _say_waiting(topic: str, wait: float, exists: bool) -> None:
    what = f"a first record of {topic!r}" + ("" if exists else ", which does not exist yet")
    err.print(f"waiting up to {wait:g} s for {what} ...", markup=False)


def _show_all(show: Callable[[Record], None], records: Iterable[Record]) -> int:
    """Show each record as it comes; how many there were."""
    n = 0
    try:
        for record in records:
            show(record)
            n += 1
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    return n


def _print_message(record: Record) -> None:
    write_line(encode_value(record.value))


def _print_record(record: Record) -> None:
    write_line(encode_record(record))


def _pretty_printer() -> Callable[[Record], None]:
    # Dependency trees are laid out by the engine, which takes seconds to load: lines of JSON need none of it.
    printer: Callable[[Record], None] = import_module(".pretty", __package__).print_pretty
    return printer


def _parse_start(text: str) -> str | int:
    if text in ("earliest", "latest"):
        return text
    if text.isascii() and text.isdigit():
        return int(text)
    raise typer.BadParameter(f"expected earliest, latest or an offset, got {text!r}", param_hint="--from")
