# SPDX-License-Identifier: Apache-2.0
"""`freshet dlq`: what could not be annotated, why, and another try."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from schemas import DeadLetter, DecodeError

from ..dead_letters import Redriven, noting_producer, place_of, read_dead_letters, read_redriven, redrive_open
from ..dead_letters import redrive as send_back
from ..transports import Record, TransportError
from .broker import open_broker, worker_settings
from .console import err, out, print_json, progress
from .options import BrokerOption, JsonOption
from .record_json import encode_value

app = typer.Typer(help="List, show and redrive dead letters.", no_args_is_help=True, add_completion=False)
TopicOption = Annotated[
    str | None, typer.Option("--topic", metavar="TOPIC", help="The dead-letter topic; by default texts.dlq.")
]
PlaceArgument = Annotated[
    str, typer.Argument(metavar="PARTITION:OFFSET", help="Which dead letter, as `freshet dlq list` names it.")
]


@app.command("list")
def list_letters(
    topic: TopicOption = None,
    limit: Annotated[int | None, typer.Option(min=0, help="At most so many.")] = None,
    only_open: Annotated[
        bool, typer.Option("--open", help="Only those that were not sent back yet.")
    ] = False,
    as_json: JsonOption = False,
    broker: BrokerOption = None,
) -> None:
    """List dead letters: where, whether open or redriven, why, and how the record begins."""
    dlq = _dlq(topic, broker)
    with open_broker(broker) as transport:
        redriven = read_redriven(transport, dlq)
    found = _letters(dlq, broker)
    letters = list(islice((one for one in found if not only_open or one not in redriven), limit))
    if as_json:
        for record, letter in letters:
            state = _state((record, letter), redriven)
            print_json(
                {"partition": record.partition, "offset": record.offset, "state": state, **asdict(letter)}
            )
        return
    out.print(_table(letters, redriven) if letters else "no dead letters")


@app.command()
def show(place: PlaceArgument, topic: TopicOption = None, broker: BrokerOption = None) -> None:
    """Show one dead letter whole."""
    record, letter = _find(_dlq(topic, broker), place, broker)
    for name, value in asdict(letter).items():
        text = f"{value['topic']}:{value['partition']}:{value['offset']}" if name == "source" else str(value)
        out.print(Text.assemble((f"{name:14}", "bold"), text or "-"))
    out.print(
        Text.assemble(
            (f"{'key':14}", "bold"),
            "-" if record.key is None else record.key.decode("utf-8", "backslashreplace"),
        )
    )
    out.print(Text.assemble((f"{'value':14}", "bold"), encode_value(record.value).decode("utf-8")))


@app.command()
def redrive(
    places: Annotated[
        list[str] | None, typer.Argument(metavar="[PARTITION:OFFSET...]", help="Which ones.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    topic: TopicOption = None,
    broker: BrokerOption = None,
) -> None:
    """Send dead letters back to the topics they came from, for another try.

    The letters stay in the dead-letter topic, for logs forget nothing. --all sends each back once, however
    often it is called: those that were sent back are marked, and only a place that is named goes again. What
    stays bad comes back as a new letter; each try is counted in the header freshet-attempts.
    """
    if everything == bool(places):
        raise typer.BadParameter("expected either places such as 0:17 or --all")
    dlq = _dlq(topic, broker)
    found = [_find(dlq, place, broker) for place in places or ()]
    with open_broker(broker) as transport, progress("records") as bar:
        on_sent = partial(bar.advance, bar.add_task("redriving", total=None))
        if everything:
            sent = redrive_open(transport, dlq, partial(_say_other, dlq), on_sent)
        else:
            with closing(noting_producer(transport, dlq)) as producer:
                sent = send_back(producer, found, on_sent, noted=True)
    err.print(f"{sent} records went back to where they came from")


def _letters(dlq: str, broker: str | None) -> Iterator[tuple[Record, DeadLetter]]:
    with open_broker(broker) as transport:
        yield from read_dead_letters(transport.read(dlq), partial(_say_other, dlq))


def _say_other(dlq: str, record: Record, error: DecodeError) -> None:
    err.print(f"{dlq} {record.partition}:{record.offset} is no dead letter: {error}", markup=False)


def _find(dlq: str, place: str, broker: str | None) -> tuple[Record, DeadLetter]:
    for record, letter in _letters(dlq, broker):
        if place == place_of(record):
            return record, letter
    raise TransportError(
        f"expected the place of a dead letter in {dlq}, got {place!r}; `freshet dlq list` shows "
        "those that there are"
    )


def _dlq(topic: str | None, broker: str | None) -> str:
    return topic or worker_settings(broker).dead_letters_to


def _state(letter: tuple[Record, DeadLetter], redriven: Redriven) -> str:
    return "redriven" if letter in redriven else "open"


def _table(letters: Iterable[tuple[Record, DeadLetter]], redriven: Redriven) -> Table:
    names = ("place", "state", "source", "stage", "why", "tries", "value")
    table = Table(*names, box=None, pad_edge=False)
    for record, letter in letters:
        value = encode_value(record.value).decode("utf-8")[:60]
        why = Text(f"{letter.exception}: {letter.message}")
        table.add_row(
            place_of(record),
            _state((record, letter), redriven),
            str(letter.source),
            letter.stage,
            why,
            str(letter.attempts),
            Text(value),
        )
    return table
