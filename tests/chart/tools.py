# SPDX-License-Identifier: Apache-2.0
"""The programs that judge the chart: on the PATH, or built once from their published Go modules and kept."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.servers.requirements import MissingServerError

FOLDER = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "freshet" / "tools"
MODULES = {
    "helm": "helm.sh/helm/v3/cmd/helm@v3.21.4",
    "kube-score": "github.com/zegl/kube-score/cmd/kube-score@v1.20.0",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
}


def tool(name: str) -> str:
    """The path of a program; built by `go install` where it is missing. Raises: MissingServerError."""
    kept = FOLDER / "bin" / name
    found = shutil.which(name) or (str(kept) if kept.exists() else None)
    if found is None:
        _build(name)
        found = str(kept)
    return found


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
