# SPDX-License-Identifier: Apache-2.0
"""`freshet train`: a pipeline from a config, with a row of scores for each evaluation."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

import engine
from engine.training.train import train as run_training

from .config_overrides import PASS_THROUGH, read_overrides
from .console import err
from .evaluate import print_scores
from .options import CodeOption, ConfigArgument
from .user_code import load_code

app = typer.Typer(add_completion=False)


@app.command(context_settings=PASS_THROUGH)
def train(
    ctx: typer.Context,
    config: ConfigArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Where the best pipeline goes, again each time it is better.",
        ),
    ] = None,
    code: CodeOption = None,
    half: Annotated[bool, typer.Option("--half", help="Keep weights as 16-bit floats.")] = False,
) -> None:
    """Train a pipeline. Any value of the config may be given as --section.key VALUE."""
    load_code(code)
    pipeline = engine.from_config(engine.read_config(config, read_overrides(ctx.args)))
    err.print(f"pipeline: {', '.join(pipeline.names)}")
    result = run_training(
        pipeline, output, clock=time.perf_counter, stdout=sys.stdout, stderr=sys.stderr, half=half
    )
    rate = f"{result.words / max(result.seconds, 1e-9):,.0f} words/s"
    err.print(
        f"{result.steps} steps, {result.words:,} words in {result.seconds:,.0f} s ({rate}); best at "
        f"step {result.best_step}"
    )
    if output is not None:
        err.print(f"saved to {output}")
    print_scores(result.scores)
