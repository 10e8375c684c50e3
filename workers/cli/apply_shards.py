# SPDX-License-Identifier: Apache-2.0
"""`freshet apply` on many files: a folder of annotations, a manifest, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import typer

from engine import Pipeline
from engine.cores import n_cores

from ..distributed.backfill import annotate_by_ray
from ..reprocess.backfill import (
    Annotate,
    BackfillProgress,
    LoadPipeline,
    ShardOptions,
    annotate_here,
    annotate_in_processes,
    annotate_shard,
    run_backfill,
)
from ..reprocess.manifest import Manifest, Recipe, ShardReport
from ..reprocess.shards import FORMATS, ShardFormat, find_shards, is_many, shard_of
from .as_spacy import is_wanted, want
from .console import err, progress
from .pipeline_loader import load_pipeline

PARQUET = ".parquet"
TELL_EVERY = 10.0
"""Seconds between lines about progress where stderr is no terminal."""
OF_THIS_MACHINE = "local"
"""What `--ray` takes in place of an address."""


class WrittenForm(StrEnum):
    """How annotations are kept in files."""

    jsonl = "jsonl"
    parquet = "parquet"
    spacy = "spacy"


@dataclass(frozen=True, slots=True)
class ShardChoice:
    """What the command line says of a backfill. `workers` and `ray`: who annotates; `to`: the form of
    all outputs, None for that of each input."""

    workers: int | None = None
    ray: str | None = None
    to: WrittenForm | None = None
    force: bool = False

    @property
    def written_as(self) -> ShardFormat | None:
        """The form of all outputs."""
        return None if self.to is None else ShardFormat(self.to.value)

    def is_meant(self, source: str, target: str) -> bool:
        """Whether input and output are shards, and not one stream of lines."""
        if self.workers is not None or self.ray is not None or self.to is not None:
            return True
        if source.endswith(PARQUET) or target.endswith(PARQUET):
            return True
        return is_many(source) and (target.endswith("/") or Path(target).is_dir())


def load_for_worker(as_spacy: bool, load: LoadPipeline) -> Pipeline:
    """The pipeline, in a process that did not read the command line."""
    want(as_spacy)
    return load()


def loader(*words: object, **options: object) -> LoadPipeline:
    """What loads the pipeline here and in every worker: a value that can be sent."""
    load: LoadPipeline = partial(load_pipeline, *words, **options)  # type: ignore[arg-type]  # as it takes them
    return partial(load_for_worker, is_wanted(), load)


def apply_to_shards(
    source: str, target: str, load: LoadPipeline, model: str, options: ShardOptions, choice: ShardChoice
) -> int:
    """Annotate, and say how far it is; how many lines were left out."""
    pipeline = load()
    if Path(source).is_file() and Path(target).suffix.lower() in FORMATS:
        return _apply_to_one(source, target, pipeline, options, choice)
    if target == "-" or (Path(target).exists() and not Path(target).is_dir()):
        raise typer.BadParameter(f"expected a folder for many files, got {target!r}", param_hint="OUT")
    shards = find_shards(source, Path(target), choice.written_as)
    name = pipeline.meta.get("name") or model
    recipe = Recipe(name, pipeline.digest, options.text_key, options.output_format)
    manifest = Manifest(Path(target), recipe)
    manifest.open(force=choice.force)
    n_workers = choice.workers or (n_cores() if choice.ray is not None else 1)
    annotate = _workers(pipeline, load, options, choice, n_workers)
    reports = _shown(run_backfill(shards, manifest, annotate), n_workers)
    return sum(_tell(report) for report in reports)


def _workers(
    pipeline: Pipeline, load: LoadPipeline, options: ShardOptions, choice: ShardChoice, n_workers: int
) -> Annotate:
    if choice.ray is not None:
        address = None if choice.ray == OF_THIS_MACHINE else choice.ray
        return lambda shards: annotate_by_ray(shards, address, load, options, n_workers)
    return (
        annotate_here(pipeline, options)
        if n_workers == 1
        else annotate_in_processes(load, options, n_workers)
    )


def _apply_to_one(
    source: str, target: str, pipeline: Pipeline, options: ShardOptions, choice: ShardChoice
) -> int:
    """One file into another, without a manifest."""
    if Path(target).exists() and not choice.force:
        raise typer.BadParameter(f"{target} exists; --force replaces it", param_hint="OUT")
    started = time.perf_counter()
    report = annotate_shard(
        pipeline, shard_of(Path(source), Path(target), written_as=choice.written_as), options
    )
    left_out = _tell(report)
    err.print(f"{report.documents:,} annotated, {left_out:,} left out, {time.perf_counter() - started:.1f} s")
    return left_out


def _shown(steps: Iterator[BackfillProgress], n_workers: int) -> Iterator[ShardReport]:
    """The reports, while a bar or lines tell rate and time left."""
    told, at = time.monotonic(), None
    with progress("files") as bar:
        task = bar.add_task("annotating")
        for at in steps:
            bar.update(task, completed=at.shards_done, total=at.shards, description=_rate(at))
            if not err.is_terminal and time.monotonic() - told > TELL_EVERY:
                told = time.monotonic()
                err.print(f"{at.shards_done} of {at.shards} files, {_rate(at)}", markup=False)
            if at.report is not None:
                yield at.report
    if at is not None:
        err.print(f"{at.shards} files, {_rate(at)}; {n_workers} workers", markup=False)


def _rate(at: BackfillProgress) -> str:
    left = at.seconds_left
    rate = f"{at.words:,} words, {at.words_per_second:,.0f} words/s"
    return rate if left is None else f"{rate}, {left:,.0f} s left"


def _tell(report: ShardReport) -> int:
    """Name the first lines that hold no text; how many there are."""
    for number, reason in report.failures:
        err.print(f"{report.name}:{number}: {reason}", markup=False)
    if report.left_out > len(report.failures):
        err.print(f"{report.name}: {report.left_out - len(report.failures)} more such lines", markup=False)
    return report.left_out
