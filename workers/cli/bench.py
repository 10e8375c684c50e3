# SPDX-License-Identifier: Apache-2.0
"""`freshet bench`: throughput and latency on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine import Pipeline
from engine.cores import n_cores
from engine.kernels import choose_backend, cpu_features
from schemas import DecodeError, TextMessage, decode_text, encode_text

from ..bundled import STARTER, find_model
from ..transports import open_transport
from .bench_runs import Measurement, measure_engine, measure_stream
from .broker import worker_settings
from .console import err, out, print_json
from .demo.samples import read_samples
from .demo.stream import DemoStream
from .fleet import make_topics
from .options import CodeOption, ExcludeOption, JsonOption
from .pipeline_loader import load_pipeline
from .worker_process import start_annotator

app = typer.Typer(add_completion=False)


@app.command()
def bench(
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="A pipeline's folder or the name of a bundled one.")
    ] = STARTER,
    texts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSONL texts; by default the bundled samples.")
    ] = None,
    copies: Annotated[int, typer.Option(min=1, help="How often the texts are repeated in one run.")] = 20,
    repeats: Annotated[int, typer.Option(min=1, help="Runs; the median counts.")] = 5,
    log: Annotated[bool, typer.Option(help="Measure through an embedded log too.")] = True,
    exclude: ExcludeOption = None,
    code: CodeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a pipeline alone and through an embedded log, exactly once, with commits every 100 ms."""
    folder = find_model(model)
    messages = _messages(texts) * copies
    pipeline = load_pipeline(folder, exclude, code=code)
    threads = worker_settings().threads or n_cores()
    found: list[Measurement] = []
    with err.status("measuring") as status:
        for measurement in _measure(pipeline, folder, messages, threads, repeats, log=log):
            found.append(measurement)
            status.update(f"{measurement.name}: {measurement.value:,.0f} {measurement.unit}")
    machine = f"{cpu_features().name}, {threads} cores, matrix products by {choose_backend().name}"
    if as_json:
        return print_json(
            {
                "machine": machine,
                "model": str(folder),
                "texts": len(messages),
                "measurements": [asdict(m) for m in found],
            }
        )
    out.print(f"{folder} on {machine}; {len(messages):,} texts, {repeats} runs")
    return out.print(_table(found))


def _measure(
    pipeline: Pipeline, folder: Path, messages: list[TextMessage], threads: int, repeats: int, *, log: bool
) -> Iterator[Measurement]:
    yield from measure_engine(pipeline, [message.text for message in messages], threads, repeats)
    if log:
        with tempfile.TemporaryDirectory(prefix="freshet-bench-") as data_dir:
            yield from _measure_log(
                folder, [encode_text(message) for message in messages], repeats, Path(data_dir)
            )


def _measure_log(folder: Path, values: list[bytes], repeats: int, data_dir: Path) -> Iterator[Measurement]:
    settings = worker_settings(f"embedded:{data_dir}")
    with closing(open_transport(settings.broker)) as transport:
        make_topics(transport, settings, partitions=4)
        with (
            start_annotator(str(folder), settings.broker, data_dir / "annotator.log") as worker,
            closing(DemoStream(transport, settings, worker.check)) as stream,
        ):
            yield from measure_stream(stream, values, repeats)


def _messages(file: Path | None) -> list[TextMessage]:
    values = file.read_bytes().splitlines() if file else read_samples()
    messages = []
    for number, value in enumerate(values, 1):
        try:
            messages.append(decode_text(value, default_id=str(number)))
        except DecodeError as error:
            if file:
                raise typer.BadParameter(f"{file}:{number}: {error}", param_hint="--texts") from None
    return messages


def _table(found: list[Measurement]) -> Table:
    table = Table("", "median", "lowest", "highest", "", box=None, pad_edge=False)
    for item in found:
        digits = 1 if item.unit == "ms" else 0
        table.add_row(
            item.name, *(f"{value:,.{digits}f}" for value in (item.value, item.low, item.high)), item.unit
        )
    for column in table.columns[1:4]:
        column.justify = "right"
    return table
