# SPDX-License-Identifier: Apache-2.0
"""`freshet apply`: a file in, its annotations out, without a log."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..annotating import LineReading, annotate_lines
from .common import ModelArgument, err, progress, worker_settings
from .convert import opened_sink
from .pipelines import CodeOption, ComponentsOption, DeviceOption, ExcludeOption, PrecisionOption, load_pipeline
from .send import LineFormat, count_lines, opened_lines

app = typer.Typer(add_completion=False)
SHOWN_FAILURES = 5


class OutputFormat(StrEnum):
    """How an annotation is written: as the message, or in the form of spaCy's Doc.to_json."""

    freshet = "freshet"
    spacy = "spacy"


@app.command()
def apply(
    model: ModelArgument,
    source: Annotated[str, typer.Argument(metavar="IN", help="JSONL with a field text, plain lines (.txt), or - for stdin.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="Where the JSONL goes, or - for stdout.")] = "-",
    line_format: Annotated[LineFormat | None, typer.Option("--format", help="json or text; known by the suffix otherwise.")] = None,
    output_format: Annotated[
        OutputFormat, typer.Option(help="freshet: annotation messages; spacy: as Doc.to_json writes.")
    ] = OutputFormat.freshet,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0: one a core.")] = 0,
    exclude: ExcludeOption = None,
    components: ComponentsOption = None,
    code: CodeOption = None,
    precision: PrecisionOption = "auto",
    device: DeviceOption = "cpu",
) -> None:
    """Annotate a file. A line that holds no text is named on stderr and left out; the exit code is then 1."""
    pipeline = load_pipeline(model, exclude, components, code, precision=precision, device=device)
    plain = line_format is not LineFormat.json if line_format else source.endswith(".txt")
    reading = LineReading("stdin" if source == "-" else Path(source).name, plain, output_format.value)
    failures, done, started = 0, 0, time.perf_counter()
    with opened_lines(source) as lines, opened_sink(target) as sink, progress("texts") as bar:
        task = bar.add_task("annotating", total=count_lines(source))
        for line in annotate_lines(pipeline, lines, reading, threads or worker_settings().n_threads):
            done += 1
            bar.advance(task)
            if line.failure:
                failures += 1
                _tell(reading.name, line.number, line.failure, failures)
            else:
                sink.write(line.value + b"\n")
    seconds = time.perf_counter() - started
    err.print(f"{done - failures:,} annotated, {failures:,} left out, {seconds:.1f} s")
    raise typer.Exit(1 if failures else 0)


def _tell(name: str, number: int, failure: str, count: int) -> None:
    if count <= SHOWN_FAILURES:
        err.print(f"{name}:{number}: {failure}", markup=False)
    elif count == SHOWN_FAILURES + 1:
        err.print("more such lines are only counted")
