# SPDX-License-Identifier: Apache-2.0
"""`freshet validate`: whether the installed pipelines load with this version."""

from __future__ import annotations

import typer
from rich.table import Table

from engine.cli.info import installed_pipelines

from .console import out, print_json
from .options import JsonOption

app = typer.Typer(add_completion=False)


@app.command()
def validate(as_json: JsonOption = False) -> None:
    """List the installed pipelines and what keeps one from loading; exit code 1 where something does."""
    found = installed_pipelines()
    if as_json:
        print_json([{"name": p.name, "version": p.version, "problem": p.problem} for p in found])
    else:
        table = Table("package", "version", "loads", box=None, pad_edge=False)
        for pipeline in found:
            table.add_row(pipeline.name, pipeline.version, pipeline.problem or "yes")
        out.print(table if found else "no pipeline is installed as a package; freshet download NAME")
    raise typer.Exit(1 if any(pipeline.problem for pipeline in found) else 0)
