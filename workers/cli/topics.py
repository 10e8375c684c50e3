# SPDX-License-Identifier: Apache-2.0
"""`freshet topics`: administration that may be repeated without harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from ..transports import PartitionLag, TopicInfo
from .broker import open_admin, worker_settings
from .console import out, print_json
from .options import BrokerOption, JsonOption

app = typer.Typer(
    help="Create, list, describe topics; show lags.", no_args_is_help=True, add_completion=False
)


@app.command()
def create(
    names: Annotated[list[str], typer.Argument(metavar="TOPIC...", help="Topics to make.")],
    partitions: Annotated[int, typer.Option(min=1, help="How many partitions each gets.")] = 4,
    broker: BrokerOption = None,
) -> None:
    """Make topics; one that exists already is left as it is."""
    with open_admin(broker) as admin:
        for name in names:
            made = admin.create_topic(name, partitions)
            out.print(
                f"{name}: "
                f"{f'made with {partitions} partitions' if made else 'exists already, left as it is'}",
                markup=False,
            )


@app.command("list")
def list_topics(as_json: JsonOption = False, broker: BrokerOption = None) -> None:
    """List all topics with their sizes."""
    with open_admin(broker) as admin:
        topics = admin.topics()
    if as_json:
        return print_json(
            [{"name": t.name, "partitions": len(t.bounds), "records": _records(t)} for t in topics]
        )
    table = Table("topic", "partitions", "records", box=None, pad_edge=False)
    for topic in topics:
        table.add_row(topic.name, str(len(topic.bounds)), f"{_records(topic):,}")
    return out.print(table)


@app.command()
def describe(
    name: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic.")],
    as_json: JsonOption = False,
    broker: BrokerOption = None,
) -> None:
    """Show a topic's partitions with their first and next offsets."""
    with open_admin(broker) as admin:
        topic = admin.topic(name)
    rows = [{"partition": i, "first": first, "next": end} for i, (first, end) in enumerate(topic.bounds)]
    if as_json:
        return print_json({"name": name, "partitions": rows})
    table = Table("partition", "first offset", "next offset", "records", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            str(row["partition"]), str(row["first"]), str(row["next"]), f"{row['next'] - row['first']:,}"
        )
    return out.print(table)


@app.command()
def lag(
    group: Annotated[str | None, typer.Option(help="The consumer group; by default the annotators'.")] = None,
    topic: Annotated[
        list[str] | None, typer.Option(help="A topic; may be repeated. By default the texts.")
    ] = None,
    as_json: JsonOption = False,
    broker: BrokerOption = None,
) -> None:
    """Show how far a consumer group is behind."""
    settings = worker_settings(broker)
    with open_admin(broker) as admin:
        lags = admin.group_lag(group or settings.group, topic or [settings.input_topic])
    if as_json:
        return print_json([asdict(item) | {"topic_partition": list(item.topic_partition)} for item in lags])
    return out.print(_lag_table(lags))


def _lag_table(lags: Sequence[PartitionLag]) -> Table:
    table = Table("topic", "partition", "committed", "end", "lag", box=None, pad_edge=False, show_footer=True)
    table.columns[4].footer = f"{sum(item.lag for item in lags):,}"
    for item in lags:
        committed = "none yet" if item.committed is None else str(item.committed)
        table.add_row(
            item.topic_partition.topic,
            str(item.topic_partition.partition),
            committed,
            str(item.end),
            f"{item.lag:,}",
        )
    return table


def _records(topic: TopicInfo) -> int:
    return sum(end - first for first, end in topic.bounds)
