# SPDX-License-Identifier: Apache-2.0
"""`freshet run-script`: a Python script of the ecosystem, in which `import spacy` means Freshet."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.spacy_names import run_file

app = typer.Typer(add_completion=False)


@app.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "allow_interspersed_args": False,
    }
)
def run_script(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The Python script. What follows is its own.")],
    as_spacy: Annotated[
        bool, typer.Option("--as-spacy", help="`import spacy` means Freshet even where spaCy is installed.")
    ] = False,
) -> None:
    """Run a Python script in which `import spacy` means Freshet where spaCy is not installed. Names that
    Freshet does not have fail with the name and what to do."""
    if not file.is_file():
        raise typer.BadParameter(f"expected a Python file, got {str(file)!r}", param_hint="FILE")
    sys.argv = [str(file), *ctx.args]
    sys.path.insert(0, str(file.resolve().parent))
    run_file(file, name="__main__", as_spacy=as_spacy)
