# SPDX-License-Identifier: Apache-2.0
"""`freshet find-function`: where a registered function stands."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.find_function import places_of

from .console import out
from .options import CodeOption
from .user_code import load_code

app = typer.Typer(add_completion=False)


@app.command()
def find_function(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As configs call it: spacy.Tok2Vec.v2.")],
    registry: Annotated[
        str | None, typer.Option("--registry", "-r", metavar="KIND", help="architectures, readers, ...")
    ] = None,
    code: CodeOption = None,
) -> None:
    """Print file and line of a registered function."""
    load_code(code)
    for place in places_of(name, registry):
        where = f"{place.file}:{place.line}" if place.file else place.module
        out.print(f"[{place.registry}] {place.name}: {where}", markup=False)
