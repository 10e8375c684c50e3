# SPDX-License-Identifier: Apache-2.0
"""`freshet explain`: which model made an annotation, what that was made of, and which corrections it had
learned."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from typing import Annotated as Argument

import typer
from rich.table import Table
from rich.text import Text

from schemas import CORRECTIONS

from ..model_registry import Version, open_registry
from ..reprocess.lineage import AnnotationOrigin, Explanation, explain, find_annotation, parse_annotation
from ..transports import Transport, open_transport, topic_infos
from .broker import worker_settings
from .console import out, print_json
from .options import BrokerOption, JsonOption, RegistryOption

app = typer.Typer(add_completion=False)


@app.command("explain")
def explain_message(
    message: Argument[
        str,
        typer.Argument(
            metavar="MESSAGE", help="A text's id, TOPIC:PARTITION:OFFSET, or - for an annotation on stdin."
        ),
    ],
    topic: Argument[
        str | None, typer.Option(help="The topic of annotations; else that of the settings.")
    ] = None,
    corrections: Argument[str, typer.Option(help="The topic of corrections.")] = CORRECTIONS,
    name: Argument[
        str, typer.Option(envvar="FRESHET_REGISTRY_NAME", help="The model's name in the registry.")
    ] = "default",
    broker: BrokerOption = None,
    registry: RegistryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say where an annotation comes from: model, parents, verdicts, and which corrections of its text the
    model had learned."""
    settings = worker_settings(broker, registry)
    with ExitStack() as stack:
        transport = stack.enter_context(closing(open_transport(settings.broker)))
        origin = _find_origin(transport, message, topic or settings.output_topic)
        versions = None
        if origin.model.version.isdecimal():
            versions = stack.enter_context(open_registry(settings.registry, name))
        records = transport.read(corrections) if corrections in topic_infos(transport) else ()
        explanation = explain(origin, versions, records, settings.max_text_chars)
    if as_json:
        print_json(explanation.as_json())
    else:
        _show(explanation)


def _find_origin(transport: Transport, message: str, topic: str) -> AnnotationOrigin:
    if message == "-":
        return parse_annotation(sys.stdin.buffer.readline())
    return find_annotation(transport.read(topic), topic, message)


def _show(explanation: Explanation) -> None:
    origin = explanation.origin
    ref = origin.model
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    rows = [("text", f"{origin.id}, from {origin.source}")]
    if origin.place is not None:
        rows.append(("annotation", str(origin.place)))
    rows.append(("model", f"{ref.name} {ref.version} ({ref.digest[:20]})"))
    learned = ", ".join(
        f"partition {partition} up to offset {offset}"
        for partition, offset in sorted(ref.corrections.items())
    )
    rows.append(("had learned", learned or "no corrections"))
    for key, value in rows:
        table.add_row(Text(key, style="bold"), Text(value))
    out.print(table)
    if explanation.remark:
        out.print(Text(explanation.remark, style="dim"))
    if explanation.chain:
        out.print(_chain_table(explanation.chain))
    for applied in explanation.corrections:
        when = "learned by this model" if applied.learned else "not learned by this model"
        correction = applied.correction
        author = f"correction {correction.correction_id} by {correction.author} at {applied.place}: "
        out.print(Text.assemble(author, (when, "green" if applied.learned else "yellow")))
    if explanation.unreadable:
        n = explanation.unreadable
        out.print(Text(f"{n} records of the corrections topic are no corrections", style="dim"))


def _chain_table(chain: tuple[Version, ...]) -> Table:
    table = Table(
        "version", "state", "parent", "learned from", "gate", "gain", "created", box=None, pad_edge=False
    )
    for version in chain:
        bounds = " ".join(
            f"{place}[{low}..{high})" for place, (low, high) in sorted(version.lineage.offsets.items())
        )
        verdict = version.verdict or {}
        gate = "" if not verdict else "passed" if verdict["passed"] else "refused"
        gain = f"{verdict['gain']:+.3f}" if isinstance(verdict.get("gain"), int | float) else ""
        parent = "" if version.parent is None else str(version.parent)
        table.add_row(
            str(version.number), version.state, parent, Text(bounds), gate, gain, version.created[:19]
        )
    return table
