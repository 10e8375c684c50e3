# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.pythons.wheels [--machines x86_64,aarch64] [VERSION ...]`: a wheel with machine code for
each Python that has an interpreter here; which ones were not made, and why."""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from pathlib import Path

from tests.pythons.cache import environment_folder
from tests.pythons.interpreters import VERSIONS, NoPythonError, check_version, find_interpreter


def main(arguments: list[str]) -> int:
    """Make them in turn; 1 where one that has an interpreter failed, or where there is none at all."""
    parser = argparse.ArgumentParser(prog="python -m tests.pythons.wheels", description=__doc__)
    parser.add_argument("versions", nargs="*", metavar="VERSION", help=f"of {', '.join(VERSIONS)}; else all")
    parser.add_argument("--machines", default=platform.machine(), help="kinds of machine, by commas")
    chosen = parser.parse_args(arguments)
    try:
        versions = [check_version(version) for version in chosen.versions or VERSIONS]
    except NoPythonError as error:
        print(error, file=sys.stderr)
        return 2
    told = {version: _make(version, chosen.machines.split(",")) for version in versions}
    for version, code in told.items():
        if code is None:
            print(f"Python {version}: not made, there is no python{version} on the PATH or in pyenv")
        elif code:
            print(f"Python {version}: failed with {code}")
    return 1 if any(told.values()) or all(code is None for code in told.values()) else 0


def _make(version: str, machines: list[str]) -> int | None:
    interpreter = find_interpreter(version)
    if interpreter is None:
        return None
    folder = environment_folder(f"wheel-{version}", Path.cwd())
    command = [interpreter, "-m", "tests.pythons.one_wheel", str(folder), *machines]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
