# SPDX-License-Identifier: Apache-2.0
"""`freshet info`: what is installed, or what a pipeline says of itself."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.info import about, as_lines, as_markdown, meta_of

from ..bundled import find_model
from .console import err, out, print_json
from .options import JsonOption

app = typer.Typer(add_completion=False)


@app.command()
def info(
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="A pipeline's folder, or its name.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", "-md", help="Print it for a report.")] = False,
    silent: Annotated[bool, typer.Option("--silent", "-s", "-S", help="Only check it is there.")] = False,
    exclude: Annotated[
        str, typer.Option("--exclude", "-e", metavar="KEYS", help="Leave these out; commas between.")
    ] = "labels,files",
    url: Annotated[bool, typer.Option("--url", "-u", help="Where the package comes from.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print versions, platform and installed pipelines; or a pipeline's meta data."""
    found = meta_of(str(find_model(model)), [key.strip() for key in exclude.split(",")]) if model else about()
    if url:
        address = found.get("download_url") or found.get("url")
        if not address:
            err.print("expected an address in the meta data, found none; try: freshet download NAME")
            raise typer.Exit(1)
        return out.print(str(address), markup=False)
    if silent:
        return None
    if as_json:
        return print_json(found)
    return out.print(as_markdown(found) if markdown else as_lines(found), markup=False)
