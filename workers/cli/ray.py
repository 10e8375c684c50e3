# SPDX-License-Identifier: Apache-2.0
"""`freshet ray train`: the documented command of training with several workers; `freshet train --workers` is
the same."""

from __future__ import annotations

from typing import Annotated

import typer

from .config_overrides import PASS_THROUGH
from .options import CodeOption, ConfigArgument, GpuOption, VerboseOption
from .train import OutputOption, run_training

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def ray() -> None:
    """Train with several workers, by Ray (the extra `ray`)."""


@app.command(context_settings=PASS_THROUGH)
def train(
    ctx: typer.Context,
    config: ConfigArgument,
    code: CodeOption = None,
    output: OutputOption = None,
    n_workers: Annotated[int, typer.Option("--n-workers", "-w", min=1, help="How many workers.")] = 1,
    address: Annotated[
        str | None,
        typer.Option("--address", "-a", metavar="ADDRESS", help="A running Ray; else one of this machine."),
    ] = None,
    gpu_id: GpuOption = -1,
    verbose: VerboseOption = 0,
) -> None:
    """Train a pipeline with several workers. Any value of the config may be given as --section.key VALUE."""
    run_training(ctx, config, output, code, verbose, gpu_id, workers=n_workers, address=address)
