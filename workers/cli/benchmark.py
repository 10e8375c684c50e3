# SPDX-License-Identifier: Apache-2.0
"""`freshet benchmark`: a pipeline's speed, or its accuracy, on data."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.benchmark_speed import benchmark_speed
from engine.training.corpus import Corpus

from .console import err, out, print_json
from .evaluate import evaluate
from .options import CodeOption, GpuOption, JsonOption, ModelArgument, device_of
from .pipeline_loader import load_pipeline

app = typer.Typer(
    help="Measure a pipeline's speed or accuracy on data.", no_args_is_help=True, add_completion=False
)
app.command("accuracy", help="Score a pipeline on held-out data; the same as `freshet evaluate`.")(evaluate)


@app.command()
def speed(
    model: ModelArgument,
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A file or folder of examples.")],
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", "-b", min=1, help="Texts in a batch.")
    ] = None,
    no_shuffle: Annotated[bool, typer.Option("--no-shuffle", help="Keep the order of the texts.")] = False,
    gpu_id: GpuOption = -1,
    batches: Annotated[int, typer.Option("--batches", min=30, help="Batches to time at least.")] = 50,
    warmup: Annotated[
        int, typer.Option("--warmup", "-w", min=0, help="Passes over all texts before timing.")
    ] = 3,
    code: CodeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Time batch after batch on one core; words a second, with the interval of 95 % of resampled means."""
    pipeline = load_pipeline(model, code=code, device=device_of(gpu_id, "cpu"))
    texts = [example.text for example in Corpus(data)(pipeline)]
    with err.status(f"annotating {len(texts):,} texts"):
        found = benchmark_speed(
            pipeline,
            texts,
            time.perf_counter,
            batch_size=batch_size,
            n_batches=batches,
            warmup=warmup,
            shuffle=not no_shuffle,
        )
    if as_json:
        return print_json(
            {"words_per_second": found.mean, "low": found.low, "high": found.high, "outliers": found.outliers}
        )
    out.print(f"mean: {found.mean:,.0f} words/s (95 % CI: {found.low:,.0f} to {found.high:,.0f})")
    return out.print(f"outliers: {found.outliers} of {len(found.batches)} batches")
