# SPDX-License-Identifier: Apache-2.0
"""What a server needs from the system: looked for, installed where that is allowed, else named in one
line."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NoReturn

import pytest


class MissingServerError(Exception):
    """A server cannot be started here; the message is one line that says what to install."""


def need_command(command: str, package: str, hint: str) -> str:
    """The path of a command; Debian's `package` is installed for root where it is missing. Raises:
    MissingServerError."""
    found = shutil.which(command)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(package)
        found = shutil.which(command)
    if found is None:
        raise MissingServerError(f"{command} is missing: {hint}")
    return found


def give_up(error: MissingServerError) -> NoReturn:
    """Skip the test that needs a server, or under CI, where all are to be had, fail it."""
    if os.environ.get("CI"):
        pytest.fail(str(error))
    pytest.skip(str(error))


def _install(package: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
        subprocess.run(
            ["apt-get", *arguments], env=environment, check=False, capture_output=True, timeout=600
        )
