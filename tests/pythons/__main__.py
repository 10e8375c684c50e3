# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.pythons VERSION [PYTEST ARGUMENTS]`: by an interpreter of that version on this machine, or
inside a Debian that has one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.pythons.cache import environment_folder
from tests.pythons.interpreters import NoPythonError, check_version, find_interpreter
from tests.pythons.root import OWN_MOUNTS, make_root


def main(arguments: list[str]) -> int:
    """Run the suite under that Python; pytest's exit code, 2 where that Python cannot be had."""
    try:
        command = command_for(check_version(arguments[0] if arguments else ""), arguments[1:])
    except NoPythonError as error:
        print(error, file=sys.stderr)
        return 2
    return subprocess.run(command, check=False).returncode


def command_for(version: str, more: list[str]) -> list[str]:
    """What runs the suite. Raises: NoPythonError."""
    interpreter = find_interpreter(version)
    if interpreter:
        environment = environment_folder(version, Path.cwd())
        return [interpreter, "-m", "tests.pythons.suite", str(environment), *more]
    return [
        *OWN_MOUNTS,
        sys.executable,
        "-m",
        "tests.pythons.inside",
        str(make_root(version)),
        version,
        *more,
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
