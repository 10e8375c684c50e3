# SPDX-License-Identifier: Apache-2.0
"""A virtual environment of that Python, whose interpreter is a script that starts QEMU.

    bin/python        exec qemu-aarch64-static -0 <this script> -L ROOT ROOT/usr/bin/python3.13 "$@"
    pyvenv.cfg        home = ROOT/usr/bin
    lib/python3.13/site-packages      wheels for aarch64, and the way to this checkout

Python takes its own name (`-0`) for `sys.executable`, and finds `pyvenv.cfg` beside it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

from tests.arm.root import VERSION
from tests.pythons.cache import alone, environment_folder
from tests.pythons.interpreters import NoPythonError

TOOLS = ("hypothesis", "pytest", "pytest-timeout")
"""What of the extra `dev` the tests need."""
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
SCRIPT = """#!/bin/sh
exec {qemu} -0 "$0" -L {root} {root}/usr/bin/python{version} "$@"
"""


def make_environment(root: Path) -> Path:
    """The folder; what is asked for is installed where it is another than at the last time, and what was
    compiled is kept.

    Raises: NoPythonError, where a package has no wheel.
    """
    folder = environment_folder(f"{VERSION}-arm64", Path.cwd())
    packages = requirements(tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"])
    stamp, wanted = folder / "installed", hashlib.sha256("\n".join(packages).encode()).hexdigest()
    with alone(folder):
        if not stamp.is_file() or stamp.read_text() != wanted:
            started = time.monotonic()
            shutil.rmtree(folder / "lib", ignore_errors=True)
            _install(folder / "lib" / f"python{VERSION}" / "site-packages", packages)
            _write_interpreter(folder, root)
            stamp.write_text(wanted)
            print(f"installed into {folder} in {time.monotonic() - started:.0f} s", flush=True)
    return folder


def requirements(project: dict[str, Any]) -> list[str]:
    """A base install's, and the tools'; `project` is that table of pyproject.toml."""
    return [
        *project["dependencies"],
        *(line for line in project["optional-dependencies"]["dev"] if _name(line) in TOOLS),
    ]


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def _install(folder: Path, packages: list[str]) -> None:
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"),
        *("--target", str(folder), "--python-version", VERSION, "--implementation", "cp"),
        *("--only-binary=:all:", *(f"--platform={name}" for name in PLATFORMS), *packages),
    ]
    if subprocess.run(command, check=False).returncode:
        raise NoPythonError(f"expected wheels of all packages, but this failed: {' '.join(command)}")
    (folder / "checkout.pth").write_text(f"{Path.cwd()}\n", encoding="utf-8")


def _write_interpreter(folder: Path, root: Path) -> None:
    script = folder / "bin" / "python"
    script.parent.mkdir(exist_ok=True)
    qemu = shutil.which("qemu-aarch64-static")
    script.write_text(SCRIPT.format(qemu=qemu, root=root, version=VERSION), encoding="utf-8")
    script.chmod(0o755)
    (folder / "pyvenv.cfg").write_text(f"home = {root}/usr/bin\n", encoding="utf-8")
