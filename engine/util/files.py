# SPDX-License-Identifier: Apache-2.0
"""Paths, folders, packages and Python files."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import EngineError

PIPELINES = "spacy_models"
"""Entry points of packages that hold a pipeline."""


def ensure_path(path: Any) -> Any:
    """A path of a text; all else as it is."""
    return Path(path) if isinstance(path, str) else path


@contextmanager
def working_dir(path: str | Path) -> Iterator[Path]:
    """A block inside of which this folder is the current one."""
    before = Path.cwd()
    current = Path(path).resolve()
    os.chdir(current)
    try:
        yield current
    finally:
        os.chdir(before)


@contextmanager
def make_tempdir() -> Iterator[Path]:
    """A folder that is gone after the block."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def is_package(name: str) -> bool:
    """Whether a package of that name is installed."""
    return get_package_version(name) is not None


def get_package_version(name: str) -> str | None:
    """The version of an installed package; None where there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def get_package_path(name: str) -> Path:
    """The folder of an installed package. Raises: EngineError where there is none."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EngineError(f"expected the name of an installed package, got {name!r}")
    return Path(spec.origin).parent


def get_installed_models() -> list[str]:
    """Packages of pipelines that are installed, by the entry points that they have."""
    return sorted({point.name for point in entry_points(group=PIPELINES)})


def import_file(name: str, loc: str | Path) -> ModuleType:
    """A module of a Python file, which is run. Raises: EngineError where it is none."""
    spec = importlib.util.spec_from_file_location(name, str(loc))
    if spec is None or spec.loader is None:
        raise EngineError(f"expected a Python file, got {str(loc)!r}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_in_jupyter() -> bool:
    """Whether this runs in a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"
