# SPDX-License-Identifier: Apache-2.0
"""Which Pythons Freshet is tested with, and where an interpreter of one is on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")


ANSWER_TIMEOUT = 60.0  # seconds; it takes a tenth of one on an idle machine
_QUESTION = """
import ensurepip, sys, sysconfig
print("%d.%d" % sys.version_info[:2], sysconfig.get_config_var("Py_GIL_DISABLED"))
"""


class NoPythonError(Exception):
    """That Python cannot be had here; the message says what was expected, what came and what to do."""


def check_version(version: str) -> str:
    """The version, where it is one of `VERSIONS`. Raises: NoPythonError."""
    if version.removesuffix("t") in VERSIONS and version.endswith("t"):
        raise NoPythonError(
            f"expected a Python with its lock, came the free-threaded {version}: Freshet is not tested "
            "with one (docs/limits.md says why)"
        )
    if version not in VERSIONS:
        raise NoPythonError(
            f"expected VERSION to be one of {', '.join(VERSIONS)}, came {version!r}: write, for instance, "
            "make test-python VERSION=3.14"
        )
    return version


def find_interpreter(version: str) -> str | None:
    """The path of an interpreter of that version that really runs; None where there is none."""
    return next((path for path in _candidates(version) if _answers(path, version)), None)


def _candidates(version: str) -> Iterator[str]:
    found = shutil.which(f"python{version}")
    if found:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from (str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True))


def _answers(path: str, version: str) -> bool:
    """Whether it is that version and can make environments: a shim of pyenv and a Debian without its package
    `python3-venv` are on the PATH, and of no use."""
    try:
        done = subprocess.run(
            [path, "-c", _QUESTION], capture_output=True, text=True, timeout=ANSWER_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.split() in ([version, "None"], [version, "0"])
