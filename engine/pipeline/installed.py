# SPDX-License-Identifier: Apache-2.0
"""Pipelines that are installed as packages, found by their name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ..errors import ModelFileError
from .saved_files import CONFIG


def folder_of(path: str | Path) -> Path:
    """The folder of a pipeline: the path itself where it is one, else that of an installed package of that
    name. No code of the package is run.

    Raises: ModelFileError where there is neither.
    """
    folder = Path(path)
    if folder.exists() or not isinstance(path, str):
        return folder
    package = _package_folder(path)
    if package is None:
        raise ModelFileError(
            f"expected the directory of a saved pipeline, or the name of an installed one, got {path!r}, "
            f"which is none; is it installed here (pip install {path.replace('_', '-')}), or does the path "
            "begin somewhere else?"
        )
    inner = [each.parent for each in package.glob(f"*-*/{CONFIG}")]
    return inner[0] if len(inner) == 1 else package


def _package_folder(name: str) -> Path | None:
    """Where the package of that name is installed; None where there is none with a pipeline in it."""
    if not name.replace("-", "_").isidentifier():
        return None
    spec = find_spec(name.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))
