# SPDX-License-Identifier: Apache-2.0
"""`freshet verify`: a folder held to the OpenSSF signature in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..oms_signatures import verify_folder
from .console import out

app = typer.Typer(add_completion=False)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A pipeline's folder with model.sig in it.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The public key, PEM, of who signs.")],
) -> None:
    """Check that each file of a folder is the one that was signed, and that there are no others; exit code
    1 where not."""
    n_files = verify_folder(folder, key)
    out.print(f"{folder}: {n_files} files as they were signed", markup=False)
