# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.arm [PYTEST ARGUMENTS]`: the tests of `selection`, or those that are named, emulated."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.arm.environment import make_environment
from tests.arm.root import make_root
from tests.arm.selection import TESTS, TIMEOUT
from tests.pythons.interpreters import NoPythonError


def main(arguments: list[str]) -> int:
    """Make what is missing, run the tests, say how long it took; pytest's exit code, 2 where it cannot be."""
    try:
        folder = make_environment(make_root())
    except NoPythonError as error:
        print(error, file=sys.stderr)
        return 2
    started = time.monotonic()
    python = [str(folder / "bin" / "python"), "-m", "pytest", "-p", "no:cacheprovider"]
    command = [*python, "-o", f"timeout={TIMEOUT}", *(arguments or TESTS)]
    code = subprocess.run(command, env=environment(folder), check=False).returncode
    minutes = (time.monotonic() - started) / 60
    print(f"aarch64, emulated: pytest ended with {code} after {minutes:.1f} minutes")
    return code


def environment(folder: Path) -> dict[str, str]:
    """This machine's, but machine code and bytecode are kept beside the packages, also from run to run."""
    left_out = ("FRESHET_CPU_LEVEL", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if name not in left_out} | {
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        # One thread each: OpenBLAS would start one for every core, which emulation makes slower.
        "OPENBLAS_NUM_THREADS": "1",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
