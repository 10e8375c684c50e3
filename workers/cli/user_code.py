# SPDX-License-Identifier: Apache-2.0
"""`--code FILE`: a user's own registered functions, beside those of the workers."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import typer

from ..trainer import corrections_reader

WORKERS_OWN = (corrections_reader,)
"""Modules whose import registers what a config may name and the engine does not know."""


def load_code(file: Path | None) -> None:
    """Run a Python file, so that what it registers can be named in configs; errors in it are shown as they
    are."""
    if file is None:
        return
    spec = spec_from_file_location(f"freshet_user_code.{file.stem}", file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise typer.BadParameter(f"expected a Python file, got {str(file)!r}", param_hint="--code")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
