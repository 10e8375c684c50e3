# SPDX-License-Identifier: Apache-2.0
"""Packages of the extras out of sight, as in a base install: `FRESHET_WITHOUT=torch,cryptography pytest`.

Python imports a module of this name at its start; `tests/conftest.py` puts this folder on the path of every
process that a test starts, and imports it itself.
"""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder
from typing import Any

GONE = frozenset(filter(None, os.environ.get("FRESHET_WITHOUT", "").split(",")))


class Absent(MetaPathFinder):
    """Finds nothing, but says of some packages that they are not there."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        """Raises: ModuleNotFoundError, as where the package is not installed."""
        if fullname.partition(".")[0] in GONE:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


if GONE:
    sys.meta_path.insert(0, Absent())
