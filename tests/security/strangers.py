# SPDX-License-Identifier: Apache-2.0
"""Saved pipelines as a stranger would change them: with a `meta.json` that fits the change."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

SECONDS = 20
MEGABYTES = 6_000


def sealed(folder: Path) -> Path:
    """Size and sha256 of each regular file written into `meta.json` anew."""
    meta = json.loads((folder / "meta.json").read_text())
    for name in meta["files"]:
        file = folder / name
        if file.is_file():
            data = file.read_bytes()
            meta["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """A file of the folder with a text replaced, and the folder sealed again."""
    text = (folder / name).read_text()
    assert old in text, f"{old!r} is not in {name}"
    (folder / name).write_text(text.replace(old, new, 1))
    return sealed(folder)


def outcome_of_loading(folder: Path, code: str = "engine.load(sys.argv[1])") -> str:
    """What loading ends with, in a process of its own with little time and memory: the error, or `loaded`."""
    script = f"""
import sys, engine
try:
    {code}
    print("loaded")
except engine.EngineError as error:
    print("refused:", error)
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        capture_output=True,
        text=True,
        timeout=SECONDS * 4,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=_limit,
    )
    return (run.stdout + run.stderr).strip()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
