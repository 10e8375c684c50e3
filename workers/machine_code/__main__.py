# SPDX-License-Identifier: Apache-2.0
"""`python -m workers.machine_code LEVEL FOLDER`: compile every loop for a CPU level, write the set.

The work is done in a process of its own, which is told the level before it begins and finds nothing compiled.
"""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.jit.code_set import file_name
from engine.jit.cpu_level import VARIABLE, host_levels
from engine.jit.shipped import FOLDER_VARIABLE

SHIPPED = ("x86-64-v4", "x86-64-v3", "aarch64")
"""Levels that have kernels of their own."""

_WORK = "from workers.machine_code.making import make_set; make_set({level!r}, {folder!r})"


def main() -> None:
    """Make sets and say how large they are."""
    parser = ArgumentParser(prog="python -m workers.machine_code", description=__doc__)
    parser.add_argument("level", help=f"{', '.join(SHIPPED)}, or all: each of them that this CPU has")
    parser.add_argument("folder", type=Path, help="where the sets are written")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    had = [level.name for level in host_levels() if level.name in SHIPPED]
    for level in had if chosen.level == "all" else [chosen.level]:
        _make(level, chosen.folder)


def _make(level: str, folder: Path) -> None:
    with TemporaryDirectory() as empty:
        settings = {VARIABLE: level, FOLDER_VARIABLE: "", "NUMBA_CACHE_DIR": empty}
        code = _WORK.format(level=level, folder=str(folder))
        done = subprocess.run([sys.executable, "-c", code], env=os.environ | settings, check=False)
    if done.returncode:
        sys.exit(f"no set for {level}: its process ended with {done.returncode}")
    path = folder / file_name(level)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
