# SPDX-License-Identifier: Apache-2.0
"""`freshet find-threshold`: the threshold by which a component scores best."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine.cli.find_threshold import best_of, threshold_scores
from engine.training.corpus import Corpus

from .console import LogLevel, err, log_to_stderr, out, print_json
from .options import CodeOption, GpuOption, JsonOption, ModelArgument, VerboseOption, device_of
from .pipeline_loader import load_pipeline

app = typer.Typer(add_completion=False)


@app.command()
def find_threshold(
    model: ModelArgument,
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A file or folder of examples.")],
    pipe: Annotated[str, typer.Argument(metavar="COMPONENT", help="Whose threshold is tried.")],
    threshold_key: Annotated[str, typer.Argument(metavar="KEY", help="The setting, such as threshold.")],
    scores_key: Annotated[str, typer.Argument(metavar="SCORE", help="What to make best: cats_macro_f.")],
    n_trials: Annotated[
        int, typer.Option("--n_trials", "--n-trials", "-n", min=2, help="Thresholds from 0 to 1 to try.")
    ] = 11,
    code: CodeOption = None,
    gpu_id: GpuOption = -1,
    gold_preproc: Annotated[
        bool, typer.Option("--gold-preproc", "-G", help="Give the pipeline the gold sentences and words.")
    ] = False,
    verbose: VerboseOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Score DATA by thresholds from 0 to 1, and name the best one."""
    if verbose:
        log_to_stderr(LogLevel.debug if verbose > 1 else LogLevel.info)
    pipeline = load_pipeline(model, code=code, device=device_of(gpu_id, "cpu"))
    examples = list(Corpus(data, gold_preproc=gold_preproc)(pipeline))
    with err.status("trying thresholds"):
        results = dict(
            threshold_scores(pipeline, examples, pipe, threshold_key, scores_key, n_trials=n_trials)
        )
    best = best_of(results)
    if as_json:
        return print_json({"threshold": best, "score": results[best], "scores": results})
    table = Table("threshold", scores_key, box=None, pad_edge=False)
    for threshold, score in results.items():
        table.add_row(f"{threshold:.3f}", f"{score:.3f}", style="bold" if threshold == best else None)
    out.print(table)
    if len(set(results.values())) == 1:
        err.print("every threshold gives the same score: does this setting bear on it?", style="yellow")
    return out.print(f"best threshold: {best:g} with {scores_key} of {results[best]:.3f}", markup=False)
