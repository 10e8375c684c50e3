# SPDX-License-Identifier: Apache-2.0
"""`freshet project`: left out; says what runs the same commands."""

from __future__ import annotations

import typer

from .console import err

app = typer.Typer(add_completion=False)


@app.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": ["--help"],
    }
)
def project(ctx: typer.Context) -> None:
    """Project files (clone, assets, run, document, dvc, push, pull) are not run by Freshet.

    The package weasel runs a project.yml; its commands, with `freshet` in place of `python -m spacy`, are the
    same. A Makefile or a script does as well.
    """
    err.print(
        f"expected another command: project {' '.join(ctx.args)} is left out. pip install weasel, then "
        "`weasel run`: it runs a project.yml, whose commands are the same with `freshet` in place of "
        "`python -m spacy`; or call them from a Makefile",
        markup=False,
    )
    raise typer.Exit(2)
