# SPDX-License-Identifier: Apache-2.0
"""`freshet pretrain`: an embedding learned from raw text, with a row of progress every some words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.pretrain import first_epoch, pretrain
from engine.cli.train import require_cpu
from engine.training.pretraining import PretrainProgress

from .config_overrides import PASS_THROUGH, read_command_config, read_overrides
from .console import err
from .options import CodeOption, ConfigArgument, GpuOption
from .user_code import load_code

app = typer.Typer(add_completion=False)
HEAD = f"{'#':>5} {'words':>12} {'total loss':>14} {'loss':>12} {'w/s':>9} {'left':>9}"


@app.command("pretrain", context_settings=PASS_THROUGH)
def command(
    ctx: typer.Context,
    config: ConfigArgument,
    output: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for weights and log.")],
    code: CodeOption = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume-path", "-r", exists=True, dir_okay=False, help="Weights to go on from."),
    ] = None,
    epoch: Annotated[
        int | None,
        typer.Option(
            "--epoch-resume", "-er", help="First epoch, where the weights are not called modelN.bin."
        ),
    ] = None,
    gpu_id: GpuOption = -1,
    skip_last: Annotated[
        bool, typer.Option("--skip-last", "-L", help="Write no model-last.bin at the end.")
    ] = False,
) -> None:
    """Learn the embedding that [pretraining] names from raw text, for [initialize] init_tok2vec. Any value
    of the config may be given as --section.key VALUE."""
    overrides = read_overrides(ctx.args)
    require_cpu(gpu_id)
    load_code(code)
    rows = pretrain(
        read_command_config(config),
        output,
        overrides=overrides,
        resume=resume,
        epoch=epoch,
        skip_last=skip_last,
    )
    err.print(f"pretraining from epoch {first_epoch(resume, epoch)} to {output}", markup=False)
    err.print(HEAD, markup=False)
    for row in rows:
        err.print(progress_row(row), markup=False)
    weights = f"model{row.epoch}.bin" if skip_last else "model-last.bin"
    err.print(f'use it: [initialize] init_tok2vec = "{output / weights}"', markup=False)


def progress_row(row: PretrainProgress) -> str:
    """One row of progress.

    >>> progress_row(PretrainProgress(2, 1000, 80.0, 30.0, 2.0, 125.0)).split()
    ['2', '1,000', '80.0', '30.0', '500', '2:05']
    """
    left = "?" if row.seconds_left is None else _minutes(row.seconds_left)
    return (
        f"{row.epoch:>5} {row.nr_word:>12,} {row.loss:>14,.1f} {row.epoch_loss:>12,.1f} "
        f"{row.words_per_second:>9,.0f} {left:>9}"
    )


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
