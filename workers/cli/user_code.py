# SPDX-License-Identifier: Apache-2.0
"""`--code FILE`: a user's own registered functions, beside those of the workers."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from engine.spacy_names import run_file

from ..trainer import corrections_reader
from .as_spacy import is_wanted

WORKERS_OWN = (corrections_reader,)
"""Modules whose import registers what a config may name and the engine does not know."""


def load_code(file: Path | None) -> None:
    """Run a Python file, so that what it registers can be named in configs; errors in it are shown as they
    are."""
    if file is None:
        return
    if not file.is_file():
        raise typer.BadParameter(f"expected a Python file, got {str(file)!r}", param_hint="--code")
    for folder in (str(Path.cwd()), str(file.resolve().parent)):
        if folder not in sys.path:  # modules beside it, as where Python itself runs it
            sys.path.append(folder)
    run_file(file, name=f"freshet_user_code.{file.stem}", as_spacy=is_wanted())
