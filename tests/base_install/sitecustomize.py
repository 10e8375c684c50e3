# SPDX-License-Identifier: Apache-2.0
"""Packages of the extras out of sight, as in a base install: `FRESHET_WITHOUT=torch,cryptography pytest`.

Python imports a module of this name at its start, where this folder is on its path. `tests/conftest.py`
imports it itself, and so puts the folder on the path of every process that a test starts.
"""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

GONE = frozenset(filter(None, os.environ.get("FRESHET_WITHOUT", "").split(",")))


class Absent(MetaPathFinder):
    """Finds nothing, but says of some packages that they are not there."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        """Raises: ModuleNotFoundError, as where the package is not installed."""
        if fullname.partition(".")[0] in GONE:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def hide() -> None:
    """From here on, and in child processes, the packages are not there."""
    for name in [name for name in sys.modules if name.partition(".")[0] in GONE]:
        del sys.modules[name]  # a plugin of pytest may have been there first
    folder, path = str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")
    if folder not in path.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, path)))
    sys.meta_path.insert(0, Absent())


if GONE:
    hide()
