# SPDX-License-Identifier: Apache-2.0
"""`freshet assemble`: a config's pipeline, without training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.assemble import assemble_into
from engine.cli.train import pipeline_to_train

from .config_overrides import PASS_THROUGH, read_command_config, read_overrides
from .console import LogLevel, err, log_to_stderr
from .options import CodeOption, ConfigArgument, VerboseOption
from .user_code import load_code

app = typer.Typer(add_completion=False)


@app.command(context_settings=PASS_THROUGH)
def assemble(
    ctx: typer.Context,
    config: ConfigArgument,
    output: Annotated[Path, typer.Argument(metavar="DIR", help="Where the pipeline goes.")],
    code: CodeOption = None,
    verbose: VerboseOption = 0,
) -> None:
    """Make the pipeline of a config, of rules and of components taken from others, and write it. Any value of
    the config may be given as --section.key VALUE."""
    overrides = read_overrides(ctx.args)
    if verbose:
        log_to_stderr(LogLevel.debug if verbose > 1 else LogLevel.info)
    load_code(code)
    pipeline = assemble_into(pipeline_to_train(read_command_config(config), overrides), output)
    err.print(f"{', '.join(pipeline.names) or 'a tokenizer'} to {output}", markup=False)
