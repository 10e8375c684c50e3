# SPDX-License-Identifier: Apache-2.0
"""The programs that judge the chart: on the PATH, or built once from their published Go modules and kept.
promtool, which would take ten minutes, is taken out of Debian's package, of which nothing is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.requirements import MissingServerError, give_up

FOLDER = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "freshet" / "tools"
MODULES = {
    "helm": "helm.sh/helm/v3/cmd/helm@v3.21.4",
    "kube-score": "github.com/zegl/kube-score/cmd/kube-score@v1.20.0",
    "promtool": "github.com/prometheus/prometheus/cmd/promtool@latest",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
}
PACKAGES = {"promtool": ("prometheus", "usr/bin/promtool")}
"""Programs by Debian's package and their place in it."""


def tool(name: str) -> str:
    """The path of a program; built by `go install` where it is missing. Raises: MissingServerError."""
    kept = FOLDER / "bin" / name
    found = shutil.which(name) or (str(kept) if kept.exists() else None)
    if found is None:
        (_unpack if name in PACKAGES and shutil.which("apt-get") else _build)(name)
        found = str(kept)
    return found


def needed_tool(name: str) -> str:
    """The path of a program that a test needs; where it cannot be had the test is skipped, under CI it
    fails."""
    try:
        return tool(name)
    except MissingServerError as error:
        give_up(error)


def _unpack(name: str) -> None:
    package, place = PACKAGES[name]
    with tempfile.TemporaryDirectory() as folder:
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package],
            ["sh", "-c", 'dpkg -x "$1"_*.deb .', "sh", package],
        ):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingServerError(
                f"{name} is missing, and Debian's {package} failed: {done.stderr[-300:]}"
            )
        (FOLDER / "bin").mkdir(parents=True, exist_ok=True)
        shutil.copy2(Path(folder) / place, FOLDER / "bin" / name)


def _build(name: str) -> None:
    go = shutil.which("go")
    if go is None:
        raise MissingServerError(
            f"{name} is missing: put it on the PATH, or install Go, by which it is built"
        )
    built = subprocess.run(
        [go, "install", MODULES[name]],
        env={**os.environ, "GOBIN": str(FOLDER / "bin"), "GOFLAGS": "-mod=mod"},
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        raise MissingServerError(
            f"{name} is missing, and `go install {MODULES[name]}` failed: {built.stderr[-300:]}"
        )
