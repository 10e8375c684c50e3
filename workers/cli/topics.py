# SPDX-License-Identifier: Apache-2.0
"""`freshet topics`: administration that may be repeated without harm."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from ..transports import PartitionLag
from .broker import open_admin, open_broker, worker_settings
from .console import out, print_json
from .options import BrokerOption, JsonOption
from .topic_counts import count_records

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
    """List all topics with their records: up to 50,000 offsets they are counted, beyond that the offsets are
    an upper bound, since on Kafka some are taken by ends of transactions."""
    with open_broker(broker) as transport, closing(transport.admin()) as admin:
        topics = [(topic, count_records(transport, topic)) for topic in admin.topics()]
    if as_json:
        return print_json(
            [
                {"name": t.name, "partitions": len(t.bounds), "records": n.total}
                | ({} if n.exact else {"exact": False})
                for t, n in topics
            ]
        )
    table = Table("topic", "partitions", "records", box=None, pad_edge=False)
    for topic, counts in topics:
        table.add_row(topic.name, str(len(topic.bounds)), counts.shown(counts.total))
    return out.print(table)


@app.command()
def describe(
    name: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic.")],
    as_json: JsonOption = False,
    broker: BrokerOption = None,
) -> None:
    """Show a topic's partitions with their first and next offsets."""
    with open_broker(broker) as transport, closing(transport.admin()) as admin:
        topic = admin.topic(name)
        counts = count_records(transport, topic)
    rows = [{"partition": i, "first": first, "next": end} for i, (first, end) in enumerate(topic.bounds)]
    if as_json:
        return print_json({"name": name, "partitions": rows})
    table = Table("partition", "first offset", "next offset", "records", box=None, pad_edge=False)
    for row, count in zip(rows, counts.by_partition, strict=True):
        table.add_row(str(row["partition"]), str(row["first"]), str(row["next"]), counts.shown(count))
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
