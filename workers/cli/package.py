# SPDX-License-Identifier: Apache-2.0
"""`freshet package`: a pipeline as a Python package."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.info import meta_of
from engine.cli.package import package as make_package

from ..bundled import find_model
from .console import err, out
from .user_code import load_code

app = typer.Typer(add_completion=False)
ASKED = ("name", "version", "description", "author", "email", "url", "license")


@app.command()
def package(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A pipeline's folder.")],
    output: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the package's folder.")],
    code: Annotated[
        str | None,
        typer.Option("--code", "-c", metavar="FILES", help="Python files that go with it; commas between."),
    ] = None,
    meta: Annotated[
        Path | None, typer.Option("--meta-path", "--meta", "-m", metavar="JSON", help="Another meta.json.")
    ] = None,
    create_meta: Annotated[bool, typer.Option("--create-meta", "-C", help="Ask for author etc.")] = False,
    name: Annotated[str | None, typer.Option("--name", "-n", help="Name, LANG_ before it.")] = None,
    version: Annotated[str | None, typer.Option("--version", "-v", help="Version.")] = None,
    build: Annotated[
        str, typer.Option("--build", "-b", metavar="FORMS", help="sdist, wheel or none; commas between.")
    ] = "sdist,wheel",
    force: Annotated[bool, typer.Option("--force", "-f", "-F", help="Replace an older one.")] = False,
    require_parent: Annotated[
        bool, typer.Option("-R", "--require-parent/--no-require-parent", help="Require freshet.")
    ] = True,
) -> None:
    """Write a package, and build it: `pip install` it, and it loads by its name."""
    files = [Path(file.strip()) for file in code.split(",")] if code else []
    for file in files:
        load_code(file)
    folder = find_model(model)
    with tempfile.TemporaryDirectory() as scratch:
        if create_meta:
            meta = Path(scratch) / "meta.json"
            meta.write_text(json.dumps(_ask(meta_of(str(folder)))), encoding="utf8")
        root, *built = make_package(
            folder,
            output,
            meta_path=meta,
            code_paths=files,
            name=name,
            version=version,
            build=[form.strip() for form in build.split(",")],
            force=force,
            require_parent=require_parent,
        )
    err.print(f"wrote {root}", markup=False)
    for file in built:
        out.print(str(file), markup=False)


def _ask(meta: dict[str, Any]) -> dict[str, Any]:
    """What a person says of the pipeline; what it says already is offered."""
    return {key: typer.prompt(key, default=str(meta.get(key, ""))) for key in ASKED}
