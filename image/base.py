# SPDX-License-Identifier: Apache-2.0
"""The Debian that the Dockerfile's FROM names, made here by debootstrap and tagged with that very name: no
image registry is asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.pythons.cache import alone
from tests.pythons.root import MIRROR, OWN_MOUNTS, SCRIPT
from tests.servers.requirements import need_command

ROOT = Path(__file__).parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "freshet" / "image"
FROM = re.compile(r"^ARG BASE_IMAGE=(\S+/debian:(\w+)-slim)$", re.MULTILINE)


class BuildError(Exception):
    """An image could not be built or run here; the message says what to do."""


def base_name() -> tuple[str, str]:
    """What the Dockerfile calls its base, and the release of Debian that it is."""
    found = FROM.search((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    if found is None:
        raise BuildError(f"Dockerfile: expected a line {FROM.pattern}, found none")
    return found[1], found[2]


def storage() -> list[str]:
    """Where images are kept, as buildah and podman are told: a folder of our own."""
    kinds = Path("/proc/filesystems").read_text(encoding="utf-8").split()
    driver = "overlay" if "overlay" in kinds else "vfs"
    return [f"--root={CACHE / driver}", f"--runroot={CACHE / 'run'}", f"--storage-driver={driver}"]


def podman(*arguments: str) -> list[str]:
    """The command line of podman over that folder, with runc, which takes hybrid cgroups."""
    need_command("runc", "runc", "apt-get install runc")
    program = need_command("podman", "podman", "apt-get install podman")
    return [program, *storage(), f"--runtime={shutil.which('runc')}", "--cgroup-manager=cgroupfs", *arguments]


def make_base() -> str:
    """The base's name, after it was made where it is missing. Raises: BuildError."""
    name, suite = base_name()
    if run(podman("image", "exists", name), check=False) == 0:
        return name
    folder = _debian(suite)
    archive = subprocess.Popen(["tar", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE)
    done = subprocess.run(podman("import", "--quiet", "-", name), stdin=archive.stdout, check=False)
    if archive.wait() or done.returncode:
        raise BuildError(f"podman could not import {folder}; remove it and try again")
    return name


def run(command: Sequence[str], *, check: bool = True) -> int:
    """Run it where all see what it says. Raises: BuildError where it fails and `check`."""
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if check and code:
        raise BuildError(f"{Path(command[0]).name} ended with {code}")
    return code


def _debian(suite: str) -> Path:
    """A folder with that release, and nothing that it does not need."""
    if os.geteuid() != 0:
        raise BuildError(f"expected root, which debootstrap and chroot need, came user {os.geteuid()}")
    program = need_command("debootstrap", "debootstrap", "apt-get install debootstrap")
    folder = CACHE / suite
    with alone(folder):
        if not folder.is_dir():
            making = folder.with_name(f"{suite}.making")
            shutil.rmtree(making, ignore_errors=True)
            mirror = os.environ.get("DEBIAN_MIRROR", MIRROR)
            run([*OWN_MOUNTS, program, "--variant=minbase", suite, str(making), mirror, SCRIPT])
            for used in (
                "var/lib/apt/lists",
                "var/cache/apt",
                "usr/share/doc",
                "usr/share/man",
                "usr/share/locale",
            ):
                shutil.rmtree(making / used, ignore_errors=True)
                (making / used).mkdir()
            making.rename(folder)
    return folder
