# SPDX-License-Identifier: Apache-2.0
"""A folder with Debian's Python for arm64: debootstrap's first stage, and all packages unpacked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.pythons.cache import alone, cache_folder
from tests.pythons.interpreters import NoPythonError
from tests.pythons.root import MIRROR, OWN_MOUNTS, SCRIPT, SUITES

VERSION = "3.13"
MEANS = {
    "debootstrap": "debootstrap",
    "dpkg-deb": "dpkg",
    "qemu-aarch64-static": "qemu-user-static",
    "unshare": "util-linux",
}
"""Commands, and the packages of Debian that have them."""
KEPT = ("etc", "usr", "bin", "lib", "sbin")
"""QEMU looks for every path in the root first: /tmp, /proc or /root are to be this machine's."""


def make_root() -> Path:
    """The folder, made where it is missing. Raises: NoPythonError where it cannot be made here."""
    folder = cache_folder() / f"debian-{SUITES[VERSION]}-arm64"
    check_commands()
    with alone(folder):
        if not folder.is_dir():
            _bootstrap(folder)
    return folder


def check_commands() -> None:
    """Whether this machine can make and run a root. Raises: NoPythonError."""
    for command, package in MEANS.items():
        if shutil.which(command) is None:
            raise NoPythonError(f"expected the command {command}, found none: apt-get install {package}")


def _bootstrap(folder: Path) -> None:
    if os.geteuid() != 0:
        raise NoPythonError(
            f"expected root, which debootstrap needs, came user {os.geteuid()}: sudo make test-arm"
        )
    making = folder.with_name(folder.name + ".making")  # what was left by a run that was killed is no root
    shutil.rmtree(making, ignore_errors=True)
    mirror = os.environ.get("DEBIAN_MIRROR", MIRROR)
    print(f"making {folder} with Python {VERSION} from {mirror}: about a minute", flush=True)
    _run(
        *(*OWN_MOUNTS, "debootstrap", "--foreign", "--arch=arm64", "--variant=minbase"),
        *(f"--include=python{VERSION}", SUITES[VERSION], str(making), mirror, SCRIPT),
    )
    for package in sorted((making / "var/cache/apt/archives").glob("*.deb")):
        _run("dpkg-deb", "-x", str(package), str(making))
    for other in set(making.iterdir()) - {making / name for name in KEPT}:
        shutil.rmtree(other)
    making.rename(folder)


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise NoPythonError(
            f"expected {' '.join(command)} to end with 0, it ended with {done.returncode} "
            f"(another mirror: DEBIAN_MIRROR=URL): {done.stdout[-2000:]}"
        )
