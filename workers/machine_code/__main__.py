# SPDX-License-Identifier: Apache-2.0
"""`python -m workers.machine_code LEVEL FOLDER`: compile every loop for a CPU level, write the set.

A set is for the Python that runs this, and for its versions of Numba and llvmlite. The work is done in a
process of its own, which is told the level before it begins and finds nothing compiled. For a level that this
CPU lacks (AVX-512 on one without, aarch64 on x86-64) what that work called is compiled and not called.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.jit.code_set import CodeOrigin, file_name, read_set
from engine.jit.cpu_level import LEVELS, VARIABLE, host_levels, machine
from engine.jit.shipped import FOLDER_VARIABLE

SHIPPED = ("x86-64-v4", "x86-64-v3", "x86-64-v2", "aarch64")
"""Levels that wheels have sets for."""

TIMEOUT = 1800
"""Seconds; a set takes a minute of a core. A process that takes longer says where it stands and ends."""

_BEGIN = f"import faulthandler; faulthandler.dump_traceback_later({TIMEOUT}, exit=True); "
_WORK = _BEGIN + "from workers.machine_code.making import make_set; make_set({level!r}, {folder!r})"
_FOREIGN = (
    _BEGIN + "from workers.machine_code.target import tell_target; tell_target({level!r}); "
    "from workers.machine_code.making import make_foreign_set; "
    "make_foreign_set({level!r}, {folder!r}, {listed!r})"
)


def main() -> None:
    """Make sets and say how large they are."""
    parser = ArgumentParser(prog="python -m workers.machine_code", description=__doc__)
    levels = [level.name for level in LEVELS]
    parser.add_argument(
        "level",
        choices=[*levels, *{level.machine for level in LEVELS}, "best", "all"],
        metavar="LEVEL",
        help=f"{', '.join(levels)}; best: the highest that this CPU has; x86_64: those that its wheel ships; "
        "all: those of this kind of machine",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the sets are written")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for level in _levels(chosen.level):
        make(level, chosen.folder)


def _levels(chosen: str) -> list[str]:
    if chosen == "best":
        return [level.name for level in host_levels()[:1]]
    wanted = machine() if chosen == "all" else chosen
    return [level.name for level in LEVELS if level.machine == wanted and level.name in SHIPPED] or [chosen]


def make(level: str, folder: Path) -> None:
    """The set of a level: by the work where this CPU has it, else by what a set that it has lists."""
    had = [one.name for one in host_levels()]
    if not had:
        sys.exit(f"expected a CPU of one of {', '.join(one.name for one in LEVELS)}, this one has none")
    with TemporaryDirectory() as scratch:
        if level in had:
            _run(_WORK.format(level=level, folder=str(folder)), scratch, {VARIABLE: level})
        else:
            listed = folder if _has_set(folder, had[0]) else Path(scratch)
            if listed != folder:
                make(had[0], listed)
            code = _FOREIGN.format(level=level, folder=str(folder), listed=str(listed / file_name(had[0])))
            _run(code, scratch, {VARIABLE: ""})
    path = folder / file_name(level)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB", flush=True)


def _has_set(folder: Path, level: str) -> bool:
    """Whether there is a set that this process could use."""
    path = folder / file_name(level)
    return path.exists() and not read_set(path).origin.differences(CodeOrigin.here(level))


def _run(code: str, scratch: str, settings: dict[str, str]) -> None:
    begun = time.monotonic()
    nothing = {FOLDER_VARIABLE: "", "NUMBA_CACHE_DIR": str(Path(scratch) / "numba")}
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | nothing | settings, check=False)
    if done.returncode:
        sys.exit(f"no set: its process ended with {done.returncode} after {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
