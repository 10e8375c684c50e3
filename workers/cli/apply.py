# SPDX-License-Identifier: Apache-2.0
"""`freshet apply`: a file in, its annotations out, without a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine import Pipeline
from engine.annotation import WireFormat
from engine.cores import n_cores
from engine.spacy_files.docbin import SUFFIX, DocBinWriter, read_docbin

from ..reprocess.files import AnnotatedSlice, FileOptions, annotate_documents, annotate_lines
from .broker import worker_settings
from .console import err, progress
from .line_files import count_lines, open_lines, open_sink
from .options import CodeOption, ComponentsOption, DeviceOption, ExcludeOption, ModelArgument, PrecisionOption
from .pipeline_loader import load_pipeline
from .send import LineFormat

app = typer.Typer(add_completion=False)
SHOWN_FAILURES = 5


class OutputFormat(StrEnum):
    """How an annotation is written: as the message, or in the form of spaCy's Doc.to_json."""

    freshet = "freshet"
    spacy = "spacy"


@app.command()
def apply(
    model: ModelArgument,
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN", help="JSONL with a field text, plain lines (.txt), a .spacy file, or - for stdin."
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="Where the JSONL goes, or - for stdout; NAME.spacy: a DocBin file."
        ),
    ] = "-",
    line_format: Annotated[
        LineFormat | None, typer.Option("--format", help="json or text; known by the suffix otherwise.")
    ] = None,
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
    """Annotate a file. A line that holds no text is named on stderr and left out; the exit code is then 1.

    Documents of a .spacy file keep their tokens; all else is annotated anew.
    """
    pipeline = load_pipeline(model, exclude, components, code, precision=precision, device=device)
    plain = line_format is not LineFormat.json if line_format else source.endswith(".txt")
    written: WireFormat | None = None if target.endswith(SUFFIX) else output_format.value
    options = FileOptions("stdin" if source == "-" else Path(source).name, plain, written)
    failures, done, started = 0, 0, time.perf_counter()
    with (
        _annotate(pipeline, source, options, threads or worker_settings().threads or n_cores()) as slices,
        _open_target(target) as add,
    ):
        for part in slices:
            add(part)
            done += len(part.lines)
            for line in part.lines:
                if line.failure:
                    failures += 1
                    _tell(options.name, line.number, line.failure, failures)
    seconds = time.perf_counter() - started
    err.print(f"{done - failures:,} annotated, {failures:,} left out, {seconds:.1f} s")
    raise typer.Exit(1 if failures else 0)


@contextmanager
def _annotate(
    pipeline: Pipeline, source: str, options: FileOptions, threads: int
) -> Iterator[Iterator[AnnotatedSlice]]:
    """The slices of the input, with a bar that moves as they come."""
    with progress("texts") as bar:
        if source.endswith(SUFFIX):
            docs = bar.track(read_docbin(Path(source), pipeline.tokenizer.lexemes), description="annotating")
            yield annotate_documents(pipeline, docs, options, threads)
            return
        with open_lines(source) as lines:
            counted = bar.track(lines, total=count_lines(source), description="annotating")
            yield annotate_lines(pipeline, counted, options, threads)


@contextmanager
def _open_target(target: str) -> Iterator[Callable[[AnnotatedSlice], None]]:
    """What takes slices: lines of JSON, or a DocBin file that is written at the end."""
    if target.endswith(SUFFIX):
        writer = DocBinWriter()
        yield lambda part: writer.add(part.batch)
        writer.write(Path(target))
        return
    with open_sink(target) as sink:
        yield lambda part: sink.writelines(line.value + b"\n" for line in part.lines if not line.failure)


def _tell(name: str, number: int, failure: str, count: int) -> None:
    if count <= SHOWN_FAILURES:
        err.print(f"{name}:{number}: {failure}", markup=False)
    elif count == SHOWN_FAILURES + 1:
        err.print("more such lines are only counted")
