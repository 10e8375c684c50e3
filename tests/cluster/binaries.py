# SPDX-License-Identifier: Apache-2.0
"""The programs of a control plane, built from their published Go modules once and kept (about ten minutes of
a core each for the API server and KEDA; nothing is downloaded but modules).

`go install` refuses a module whose go.mod replaces others, so each is built from a module of our own that
requires it and repeats its replacements.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.chart.tools import FOLDER
from tests.servers.requirements import MissingServerError


@dataclass(frozen=True)
class Source:
    """A Go module and the programs that are made of it."""

    module: str
    version: str
    programs: Sequence[tuple[str, str]]
    """Name of the program and its package."""
    variables: str = ""
    """Set by the linker: what a program says of its version."""
    staging: str = ""
    """Version of the modules that its go.mod replaces by folders of its own repository."""


SOURCES = (
    Source("go.etcd.io/etcd/server/v3", "v3.6.5", [("etcd", "go.etcd.io/etcd/server/v3")], staging="v3.6.5"),
    Source("sigs.k8s.io/kwok", "v0.7.0", [("kwok", "sigs.k8s.io/kwok/cmd/kwok")]),
    Source(
        "k8s.io/kubernetes",
        "v1.34.1",
        [
            ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
            ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
            ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
        ],
        variables="-X {0}.gitVersion=v1.34.1 -X {0}.gitMajor=1 -X {0}.gitMinor=34".format(
            "k8s.io/component-base/version"
        ),
        staging="v0.34.1",
    ),
    Source(
        "github.com/kedacore/keda/v2",
        "v2.18.1",
        [
            ("keda-operator", "github.com/kedacore/keda/v2/cmd/operator"),
            ("keda-adapter", "github.com/kedacore/keda/v2/cmd/adapter"),
        ],
    ),
)


def program(name: str) -> str:
    """The path of a control plane's program; built with the others of its module where it is missing. Raises:
    MissingServerError."""
    kept = FOLDER / "bin" / name
    if not kept.exists():
        build(_source(name))
    return str(kept)


@cache
def module_folder(name: str) -> Path:
    """Where the module that a program is built from lies: its manifests are read there. Raises:
    MissingServerError."""
    source = _source(name)
    told = json.loads(_go(["mod", "download", "-json", f"{source.module}@{source.version}"], FOLDER))
    return Path(told["Dir"])


def build(source: Source) -> None:
    """Build a module's programs into the kept folder. Raises: MissingServerError."""
    folder = FOLDER / "src" / source.module.replace("/", "_")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (FOLDER / "bin").mkdir(exist_ok=True)
    download = ["mod", "download", "-json", f"{source.module}@{source.version}"]
    original = Path(json.loads(_go(download, FOLDER))["GoMod"]).read_text(encoding="utf8")
    (folder / "go.mod").write_text(_own_module(source, original), encoding="utf8")
    imports = "".join(f'import _ "{package}"\n' for _, package in source.programs)
    (folder / "tools.go").write_text(f"//go:build tools\n\npackage tools\n\n{imports}", encoding="utf8")
    _go(["mod", "tidy", "-e"], folder)
    jobs = os.environ.get("FRESHET_GO_JOBS", "2")
    for name, package in source.programs:
        made = folder / name
        flags = f"-s -w {source.variables}"
        _go(["build", "-p", jobs, "-ldflags", flags, "-o", str(made), package], folder)
        made.replace(FOLDER / "bin" / name)


def _own_module(source: Source, original: str) -> str:
    """A go.mod that requires the module and replaces what its own go.mod replaces."""
    block = re.search(r"^replace \(\n(.*?)^\)", original, re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^\s*(\S+(?: v\S+)?) => (.+)$", block[1], re.MULTILINE) if block else []
    replaced = "".join(
        f"replace {old} => {f'{old} {source.staging}' if new.startswith('.') else new}\n"
        for old, new in lines
    )
    return f"module freshet.local/tools\n\ngo 1.24\n\nrequire {source.module} {source.version}\n\n{replaced}"


def _source(name: str) -> Source:
    for source in SOURCES:
        if name in dict(source.programs):
            return source
    names = ", ".join(each for source in SOURCES for each, _ in source.programs)
    raise MissingServerError(f"expected one of {names}, got {name}")


def _go(arguments: Sequence[str], folder: Path) -> str:
    go = shutil.which("go")
    if go is None:
        raise MissingServerError("go is missing: install it; a control plane's programs are built by it")
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "GOFLAGS": "-mod=mod -buildvcs=false", "CGO_ENABLED": "0"}
    done = subprocess.run(
        [go, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MissingServerError(f"go {' '.join(arguments[:3])} failed in {folder}: {done.stderr[-500:]}")
    return done.stdout


if __name__ == "__main__":
    for each in SOURCES:
        if not all((FOLDER / "bin" / name).exists() for name, _ in each.programs):
            print(f"building {', '.join(name for name, _ in each.programs)}", file=sys.stderr, flush=True)
            build(each)
