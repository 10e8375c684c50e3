# SPDX-License-Identifier: Apache-2.0
"""A folder with a Debian that has a certain Python, made once by debootstrap and kept."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.pythons.cache import alone, cache_folder
from tests.pythons.interpreters import NoPythonError

SUITES = {"3.11": "bookworm", "3.13": "trixie", "3.14": "forky"}
"""The release of Debian that has each Python; 3.12 is in none."""
SCRIPT = "sid"
"""debootstrap's way to unpack a release; that of sid serves all, also those that it has no name for yet."""
MIRROR = "http://deb.debian.org/debian"
PACKAGES = ("ca-certificates", "default-jre-headless", "git", "make", "redis-server")
"""What the tests need besides Python: Java for Kafka, a Redis that speaks TLS."""
OWN_MOUNTS = ("unshare", "--mount", "--propagation", "private")
"""Runs a command whose mounts nobody else sees, and which are gone when it ends, however it ends."""


def make_root(version: str) -> Path:
    """The folder, made where it is missing. Raises: NoPythonError where it cannot be made here."""
    check_means(version)
    folder = cache_folder() / f"debian-{SUITES[version]}"
    with alone(folder):
        if not folder.is_dir():
            _bootstrap(version, folder)
    return folder


def check_means(version: str) -> None:
    """Whether such a folder can be made. Raises: NoPythonError."""
    other = f"or put an interpreter python{version} on the PATH"
    if version not in SUITES:
        raise NoPythonError(
            f"expected a release of Debian with Python {version}, there is none: put an interpreter "
            f"python{version} on the PATH (pyenv install {version})"
        )
    if os.geteuid() != 0:
        raise NoPythonError(
            f"expected root, which debootstrap and chroot need, came user {os.geteuid()}: "
            f"sudo make test-python VERSION={version}, {other}"
        )
    for command, package in (("debootstrap", "debootstrap"), ("unshare", "util-linux")):
        if shutil.which(command) is None:
            raise NoPythonError(
                f"expected the command {command}, found none: apt-get install {package}, {other}"
            )


def _bootstrap(version: str, folder: Path) -> None:
    making = folder.with_name(folder.name + ".making")  # what was left by a run that was killed is no root
    shutil.rmtree(making, ignore_errors=True)
    packages = ",".join((*PACKAGES, f"python{version}", f"python{version}-venv"))
    mirror = os.environ.get("DEBIAN_MIRROR", MIRROR)
    print(f"making {folder} with Python {version} from {mirror}: about a minute", flush=True)
    command = [
        *(*OWN_MOUNTS, "debootstrap", "--variant=minbase", f"--include={packages}"),
        *(SUITES[version], str(making), mirror, SCRIPT),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise NoPythonError(
            f"expected debootstrap to make Debian {SUITES[version]} from {mirror}, it ended with "
            f"{done.returncode} (another mirror: DEBIAN_MIRROR=URL): {done.stdout[-2000:]}"
        )
    making.rename(folder)
