# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.pythons.inside ROOT VERSION [PYTEST ARGUMENTS]`: the suite inside a root.

Started in mounts of its own (`root.OWN_MOUNTS`), it gives the root this checkout, this machine's name server,
certificates, pip's and apt's settings, and becomes the suite there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path("/src")
ENVIRONMENT = "/opt/freshet"
FILES = (
    "/etc/hosts",
    "/etc/pip.conf",
    "/etc/resolv.conf",
    "/etc/ssl/certs/ca-certificates.crt",
    "~/.pip/pip.conf",
    "~/.config/pip/pip.conf",
)
"""How this machine reaches its registries."""
VARIABLES = ("CI", "CURL_CA_BUNDLE", "PYTEST_ADDOPTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE")


def main(arguments: list[str]) -> None:
    """Go inside; does not come back."""
    root, version, *more = arguments
    folder = Path(root)
    _copy_files(folder)
    _copy_apt_settings(folder)
    _mount(folder)
    environment = environment_inside(folder, os.environ)
    os.chroot(folder)
    os.chdir(CHECKOUT)
    python = f"/usr/bin/python{version}"
    os.execve(python, [python, "-m", "tests.pythons.suite", ENVIRONMENT, *more], environment)


def environment_inside(root: Path, outside: Mapping[str, str]) -> dict[str, str]:
    """Ours: what pip and the proxies need, and a fresh rest. A path that the root lacks is left out."""
    kept = {
        name: value
        for name, value in outside.items()
        if name in VARIABLES or name.startswith("PIP_") or name.lower().endswith("_proxy")
    }
    return {name: value for name, value in kept.items() if _means_something(root, value)} | {
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        # Nothing is written into the checkout, which the machine's own Python uses too.
        "NUMBA_CACHE_DIR": "/var/cache/freshet/numba",
        "PYTHONPYCACHEPREFIX": "/var/cache/freshet/bytecode",
    }


def _means_something(root: Path, value: str) -> bool:
    return not value.startswith("/") or (root / value.lstrip("/")).exists()


def _copy_files(root: Path) -> None:
    named = (os.environ.get(name, "") for name in ("PIP_CERT", "PIP_CONFIG_FILE", *VARIABLES))
    for name in (*FILES, *named):
        source = Path(name).expanduser()
        if not name.startswith(("/", "~")) or not source.is_file():
            continue
        target = root / (f"root/{name[2:]}" if name.startswith("~") else name[1:])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # a link there may point out of the root
        shutil.copyfile(source, target)


def _copy_apt_settings(root: Path) -> None:
    """Proxies, and whether a mirror's date counts: a frozen one is out of date by intent."""
    if shutil.which("apt-config") is None:
        return
    told = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    kept = [line for line in told.splitlines() if line.startswith(("Acquire::http", "Acquire::Check-"))]
    (root / "etc/apt/apt.conf.d/50machine").write_text("\n".join([*kept, ""]), encoding="utf-8")


def _mount(root: Path) -> None:
    (root / CHECKOUT.name).mkdir(exist_ok=True)
    _run("mount", "--bind", str(Path.cwd()), str(root / CHECKOUT.name))
    _run("mount", "-t", "proc", "proc", str(root / "proc"))
    for name in ("dev", "sys"):
        _run("mount", "--rbind", f"/{name}", str(root / name))
    for name in (".cache/freshet/kafka", ".cache/pip"):
        kept = Path.home() / name
        if kept.is_dir():
            (root / "root" / name).mkdir(parents=True, exist_ok=True)
            _run("mount", "--bind", str(kept), str(root / "root" / name))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
