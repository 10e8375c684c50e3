# SPDX-License-Identifier: Apache-2.0
"""`make lock`: what each target of the Dockerfile installs, every file by its hash, from pyproject.toml.

uv resolves for the image's Python on Linux; hashes of all wheels of a version are written, of each kind of
machine. `make lock UPGRADE=1` takes the newest versions; without, what is locked stays as far as it may.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "image" / "requirements"
PYTHON = "3.13"
"""Of the Debian that the Dockerfile's base names."""

EXTRAS: Mapping[str, Sequence[str]] = {
    "annotator": ("otel", "signing"),
    "cpu": ("faust", "oms", "otel", "signing", "transformers"),
    "gpu": ("cuda13", "faust", "oms", "otel", "signing", "transformers"),
}
"""What each target has beyond the base install. `cpu` has what torch's CPU build needs by `BESIDE`, and torch
by torch-cpu.txt: PyPI has its CUDA build alone."""

BESIDE: Mapping[str, Path] = {"cpu": REQUIREMENTS / "torch-cpu.in"}
WITHOUT: Mapping[str, Path] = {
    target: REQUIREMENTS / f"{target}-without.txt" for target in ("annotator", "cpu")
}
"""What a target leaves out of the base install."""
BUILD = REQUIREMENTS / "build.in"

HEADER = """# Written by `make lock`; do not edit. Python {python}, Linux. {source}
"""


def main(arguments: Sequence[str]) -> int:
    """Write all files; uv's exit code where it failed."""
    upgrade = ["--upgrade"] if "--upgrade" in arguments else []
    for target, extras in EXTRAS.items():
        named = [part for extra in extras for part in ("--extra", extra)]
        beside = [str(BESIDE[target])] if target in BESIDE else []
        without = ["--override", str(WITHOUT[target])] if target in WITHOUT else []
        _compile(target, ["pyproject.toml", *beside, *named, *without, *upgrade])
    _compile("build", [str(BUILD.relative_to(ROOT)), *upgrade])
    return 0


def _compile(target: str, arguments: Sequence[str]) -> None:
    output = REQUIREMENTS / f"{target}.txt"
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", *arguments),
        *("--generate-hashes", "--only-binary", ":all:", "--no-annotate", "--no-header", "--quiet"),
        *("--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_28"),
        *("--output-file", str(output)),
    ]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"{output.name}: uv ended with {done.returncode}; the file is as it was")
    text = output.read_text(encoding="utf-8")
    source = f"pyproject.toml {' '.join(EXTRAS.get(target, ()))}".strip() if target in EXTRAS else BUILD.name
    output.write_text(HEADER.format(python=PYTHON, source=source) + text, encoding="utf-8")
    print(f"{output.relative_to(ROOT)}: {text.count(' --hash') and text.count('==')} packages")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
