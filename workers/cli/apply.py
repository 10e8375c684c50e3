# SPDX-License-Identifier: Apache-2.0
"""`freshet apply`: a file in, its annotations out, without a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from engine import EngineError, Pipeline
from engine.annotation import WireFormat
from engine.cores import n_cores
from engine.spacy_files.docbin import SUFFIX, DocBinWriter, read_docbin

from ..reprocess.backfill import SHOWN_FAILURES, ShardOptions, annotate_file
from ..reprocess.files import SLICE, TEXT_KEY, AnnotatedSlice, FileOptions, annotate_documents, annotate_lines
from ..reprocess.shards import form_among_others
from .apply_shards import ShardChoice, WrittenForm, apply_to_shards, loader
from .broker import worker_settings
from .console import err, progress
from .line_files import count_lines, open_lines, open_sink
from .options import (
    CodeOption,
    ComponentsOption,
    DeviceOption,
    ExcludeOption,
    GpuOption,
    ModelArgument,
    PrecisionOption,
    device_of,
)
from .pipeline_loader import load_pipeline
from .send import LineFormat

app = typer.Typer(add_completion=False)


class OutputFormat(StrEnum):
    """How an annotation is written: as the message, or in the form of spaCy's Doc.to_json."""

    freshet = "freshet"
    spacy = "spacy"


SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="IN",
        help="JSONL with a field text, plain lines (.txt), a .spacy or .parquet file, a folder of such "
        "and of texts (one document a file), a glob, or - for stdin.",
    ),
]
TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="OUT",
        help="Where the JSONL goes, or - for stdout; NAME.spacy: a DocBin file; a folder: one for each.",
    ),
]
LineOption = Annotated[
    LineFormat | None, typer.Option("--format", help="json or text; known by the suffix otherwise.")
]
OutputOption = Annotated[
    OutputFormat, typer.Option(help="freshet: annotation messages; spacy: as Doc.to_json writes.")
]
ThreadsOption = Annotated[int, typer.Option(min=0, help="Threads; 0: one a core.")]
KeyOption = Annotated[
    str, typer.Option("--text-key", "-tk", metavar="KEY", help="Field of a JSON line with its text.")
]
ForceOption = Annotated[bool, typer.Option("--force", "-F", help="Replace an existing .spacy file.")]
BatchOption = Annotated[
    int, typer.Option("--batch-size", "-b", min=1, help="Texts that are annotated together.")
]
ProcessOption = Annotated[
    int, typer.Option("--n-process", "-n", help="Threads, under another name; -1: one a core.")
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", "-w", min=1, help="Processes, each with files of its own.")
]
RayOption = Annotated[
    str | None,
    typer.Option("--ray", metavar="ADDRESS", help="Workers of a Ray; local for one of this machine."),
]
FormOption = Annotated[
    WrittenForm | None, typer.Option("--to", help="Form of the files in OUT; else that of each input.")
]


@app.command()
def apply(
    model: ModelArgument,
    source: SourceArgument,
    target: TargetArgument = "-",
    line_format: LineOption = None,
    output_format: OutputOption = OutputFormat.freshet,
    threads: ThreadsOption = 0,
    text_key: KeyOption = TEXT_KEY,
    force: ForceOption = False,
    batch_size: BatchOption = SLICE,
    n_process: ProcessOption = 0,
    workers: WorkersOption = None,
    ray: RayOption = None,
    to: FormOption = None,
    gpu_id: GpuOption = -1,
    exclude: ExcludeOption = None,
    components: ComponentsOption = None,
    code: CodeOption = None,
    precision: PrecisionOption = "auto",
    device: DeviceOption = "cpu",
) -> None:
    """Annotate a file. A line that holds no text is named on stderr and left out; the exit code is then 1.

    Documents of a .spacy file keep their tokens; all else is annotated anew. Many files into a folder: what a
    killed run had done stays done, and the same command goes on (see backfill.md).
    """
    choice = ShardChoice(workers, ray, to, force)
    if choice.is_meant(source, target):
        load = loader(model, exclude, components, code, precision=precision, device=device_of(gpu_id, device))
        threads = threads or max(n_process, 0) or (1 if workers or ray else n_cores())
        shard_options = ShardOptions(output_format.value, text_key, batch_size, threads)
        raise typer.Exit(1 if apply_to_shards(source, target, load, model, shard_options, choice) else 0)
    if target.endswith(SUFFIX) and Path(target).exists() and not force:
        raise typer.BadParameter(f"{target} exists; --force replaces it", param_hint="OUT")
    pipeline = load_pipeline(
        model, exclude, components, code, precision=precision, device=device_of(gpu_id, device)
    )
    plain = line_format is not LineFormat.json if line_format else source.endswith(".txt")
    written: WireFormat | None = None if target.endswith(SUFFIX) else output_format.value
    name = "stdin" if source == "-" else Path(source).name
    options = FileOptions(name, plain, written, text_key, batch_size)
    threads = threads or max(n_process, 0) or worker_settings().threads or n_cores()
    raise typer.Exit(1 if _apply_to_stream(pipeline, source, target, options, threads) else 0)


def _apply_to_stream(pipeline: Pipeline, source: str, target: str, options: FileOptions, threads: int) -> int:
    """Annotate into one place, name the first lines that hold no text, and say how it went; how many there
    are of them."""
    failures, done, started = 0, 0, time.perf_counter()
    with (
        _annotate(pipeline, source, options, threads, with_lines=target == "-") as slices,
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
    return failures


@contextmanager
def _annotate(
    pipeline: Pipeline, source: str, options: FileOptions, threads: int, *, with_lines: bool
) -> Iterator[Iterator[AnnotatedSlice]]:
    """The slices of the input, with a bar that moves as they come. `with_lines`: their lines go to stdout."""
    with progress("texts", with_lines=with_lines) as bar:
        if Path(source).is_dir():
            parts = (
                annotate_file(
                    pipeline, file, form_among_others(file), replace(options, name=file.name), threads
                )
                for file in _files_of(Path(source))
            )
            yield chain.from_iterable(parts)
            return
        if source.endswith(SUFFIX):
            docs = bar.track(read_docbin(Path(source), pipeline.tokenizer.lexemes), description="annotating")
            yield annotate_documents(pipeline, docs, options, threads)
            return
        with open_lines(source) as lines:
            counted = bar.track(lines, total=count_lines(source), description="annotating")
            yield annotate_lines(pipeline, counted, options, threads)


def _files_of(folder: Path) -> list[Path]:
    """All files of a folder and those below it. Raises: EngineError where there is none."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))
    if not files:
        raise EngineError(f"expected files to annotate in {str(folder)!r}, found none")
    return files


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
