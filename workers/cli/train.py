# SPDX-License-Identifier: Apache-2.0
"""`freshet train`: a pipeline from a config, with a row of scores for each evaluation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.train import new_folder, require_cpu, train_into
from engine.config.default_values import fill_and_override
from engine.pipeline.build import from_config
from engine.training.train import BEST, LAST

from .config_overrides import PASS_THROUGH, read_command_config, read_overrides
from .console import LogLevel, err, log_to_stderr
from .evaluate import print_scores
from .options import CodeOption, ConfigArgument, GpuOption, VerboseOption
from .train_workers import WorkerChoice, train_group
from .user_code import load_code

app = typer.Typer(add_completion=False)


OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "--output-path",
        "-o",
        metavar="DIR",
        help="Folder for model-best, written again each time it is better, and model-last.",
    ),
]


@app.command(context_settings=PASS_THROUGH)
def train(
    ctx: typer.Context,
    config: ConfigArgument,
    output: OutputOption = None,
    code: CodeOption = None,
    verbose: VerboseOption = 0,
    gpu_id: GpuOption = -1,
    half: Annotated[bool, typer.Option("--half", help="Keep weights as 16-bit floats.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", "-w", min=1, help="Workers that train together, by Ray; see distributed.md."
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option("--address", "-a", metavar="ADDRESS", help="A running Ray; else one of this machine."),
    ] = None,
) -> None:
    """Train a pipeline. What the config leaves out gets its default. Any value of the config may be given as
    --section.key VALUE."""
    run_training(ctx, config, output, code, verbose, gpu_id, half=half, workers=workers, address=address)


def run_training(
    ctx: typer.Context,
    config: Path,
    output: Path | None,
    code: Path | None,
    verbose: int,
    gpu_id: int,
    *,
    half: bool = False,
    workers: int | None = None,
    address: str | None = None,
) -> None:
    """What both commands do: read, train, say how it went."""
    overrides = read_overrides(ctx.args)
    if verbose:
        log_to_stderr(LogLevel.debug if verbose > 1 else LogLevel.info)
    require_cpu(gpu_id)
    load_code(code)
    choice = WorkerChoice(workers, address, gpu_id, code, half)
    read, group, others = choice.settings(read_command_config(config), overrides)
    filled = fill_and_override(read, others)
    pipeline = from_config(filled)
    if output is None:
        err.print("no --output DIR: scores are shown, nothing is saved")
    else:
        new_folder(output)
    err.print(f"pipeline: {', '.join(pipeline.names)}", markup=False)
    if group is None:
        result = train_into(pipeline, output, stdout=sys.stdout, stderr=sys.stderr, half=half)
    else:
        err.print(f"workers: {group.workers}, strategy: {group.strategy}", markup=False)
        result = train_group(pipeline, filled, group, output, choice)
    rate = f"{result.words / max(result.seconds, 1e-9):,.0f} words/s"
    err.print(
        f"{result.steps} steps, {result.words:,} words in {result.seconds:,.0f} s ({rate}); best at "
        f"step {result.best_step}"
    )
    if output is not None:
        err.print(f"saved to {output / BEST}, the last one to {output / LAST}", markup=False)
    print_scores(result.scores)
