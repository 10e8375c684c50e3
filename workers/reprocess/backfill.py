# SPDX-License-Identifier: Apache-2.0
"""Files of texts in bulk (`freshet apply` on a folder or a glob): shard by shard, by one worker or many, and
on from where it was after a kill.

Whoever annotates a shard writes its file under another name, renames it, and reports; the one that hands
shards out keeps the journal. So a kill at any moment costs each worker at most the shard that it had.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from engine import Pipeline
from engine.annotation import WireFormat
from engine.spacy_files.docbin import read_docbin

from ..errors import WorkerError
from .files import SLICE, TEXT_KEY, AnnotatedSlice, FileOptions, annotate_documents, annotate_lines
from .manifest import FileDigest, Manifest, ShardReport
from .shard_forms import lines_of, open_target, remove_parts
from .shards import Shard, ShardFormat

SHOWN_FAILURES = 5
ORPHAN_CHECK = 0.5
"""Seconds after which a worker whose parent was killed notices, and ends."""

LoadPipeline = Callable[[], Pipeline]
Annotate = Callable[[Sequence[Shard]], Iterator[ShardReport]]
"""Annotates shards in any order, and reports each."""


@dataclass(frozen=True, slots=True)
class ShardOptions:
    """How shards are annotated; see `FileOptions`."""

    output_format: WireFormat = "freshet"
    text_key: str = TEXT_KEY
    slice_size: int = SLICE
    threads: int = 1


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """How far a backfill is. Units: `seconds` since this run began, bytes of input files."""

    shards_done: int
    shards: int
    bytes_done: int
    bytes_left: int
    words: int
    seconds: float
    report: ShardReport | None = None

    @property
    def words_per_second(self) -> float:
        """Of this run, all workers together."""
        return self.words / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """As long as the rest takes at the rate so far; None before the first shard is done."""
        return self.seconds * self.bytes_left / self.bytes_done if self.bytes_done else None


def annotate_shard(pipeline: Pipeline, shard: Shard, options: ShardOptions) -> ShardReport:
    """Annotate one file into another, and say what was in both."""
    digest = FileDigest.of(shard.source)
    file = FileOptions(
        shard.name,
        output_format=None if shard.written_as is ShardFormat.spacy else options.output_format,
        text_key=options.text_key,
        slice_size=options.slice_size,
    )
    slices = annotate_file(pipeline, Path(shard.source), shard.read_as, file, options.threads)
    documents, words, left_out = 0, 0, 0
    failures: list[tuple[int, str]] = []
    with open_target(shard) as add:
        for part in slices:
            add(part)
            failed = [(line.number, line.failure) for line in part.lines if line.failure]
            documents, words = documents + part.batch.n_docs, words + part.batch.n_tokens
            left_out += len(failed)
            failures += failed[: SHOWN_FAILURES - len(failures)]
    output = FileDigest.of(shard.target)
    return ShardReport(
        shard.name, Path(shard.target).name, digest, output, documents, words, left_out, tuple(failures)
    )


def annotate_file(
    pipeline: Pipeline, file: Path, form: ShardFormat, options: FileOptions, threads: int
) -> Iterator[AnnotatedSlice]:
    """The slices of one file, whose form says what its lines hold. Raises: WorkerError where it has another
    form."""
    if form is ShardFormat.spacy:
        return annotate_documents(pipeline, read_docbin(file, pipeline.tokenizer.lexemes), options, threads)
    text_key = TEXT_KEY if form is ShardFormat.document else options.text_key
    options = replace(options, plain=form is ShardFormat.text, text_key=text_key)
    return annotate_lines(pipeline, lines_of(file, form), options, threads)


def run_backfill(
    shards: Sequence[Shard],
    manifest: Manifest,
    annotate: Annotate,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[BackfillProgress]:
    """Annotate what is not done yet, and write the manifest. Progress comes before the first shard, and after
    each."""
    remove_parts(manifest.folder)
    left = [shard for shard in shards if not manifest.is_done(shard)]
    done, total = len(shards) - len(left), sum(Path(shard.source).stat().st_size for shard in left)
    started, n_bytes, words = clock(), 0, 0
    yield BackfillProgress(done, len(shards), 0, total, 0, 0.0)
    for report in annotate(left) if left else ():
        manifest.note(report)
        done, n_bytes, words = done + 1, n_bytes + report.input.size, words + report.words
        yield BackfillProgress(done, len(shards), n_bytes, total - n_bytes, words, clock() - started, report)
    manifest.finish(shards)


def annotate_here(pipeline: Pipeline, options: ShardOptions) -> Annotate:
    """One after the other, in this process."""
    return lambda shards: (annotate_shard(pipeline, shard, options) for shard in shards)


def annotate_in_processes(load: LoadPipeline, options: ShardOptions, n_workers: int) -> Annotate:
    """In so many processes, each of which loads the pipeline once. `load` is a value that can be sent."""

    def annotate(shards: Sequence[Shard]) -> Iterator[ShardReport]:
        pool = ProcessPoolExecutor(
            min(n_workers, len(shards)),
            multiprocessing.get_context("spawn"),
            _begin,
            (load, options, os.getpid()),
        )
        with pool:
            try:
                yield from _reports(pool, shards, n_workers)
            except BrokenProcessPool:
                raise WorkerError(
                    "a worker of this backfill died, perhaps for want of memory; the same command goes on "
                    "where it was, fewer --workers need less"
                ) from None

    return annotate


def _reports(pool: ProcessPoolExecutor, shards: Iterable[Shard], n_workers: int) -> Iterator[ShardReport]:
    """As they come; no more shards are handed out than workers can begin with, and one more."""
    rest = iter(shards)
    running = {pool.submit(_annotate, shard) for shard in islice(rest, n_workers + 1)}
    while running:
        finished, running = wait(running, return_when=FIRST_COMPLETED)
        running |= {pool.submit(_annotate, shard) for shard in islice(rest, len(finished))}
        for future in finished:
            yield future.result()


_worker: dict[str, tuple[Pipeline, ShardOptions]] = {}
"""The pipeline of a process of the pool."""


def _begin(load: LoadPipeline, options: ShardOptions, parent: int) -> None:
    threading.Thread(target=_end_with, args=(parent,), daemon=True, name="freshet-orphan").start()
    _worker["it"] = load(), options


def _annotate(shard: Shard) -> ShardReport:
    return annotate_shard(_worker["it"][0], shard, _worker["it"][1])


def _end_with(parent: int) -> None:
    """A pool's process would wait for ever for a parent that was killed."""
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK)
    os._exit(1)
