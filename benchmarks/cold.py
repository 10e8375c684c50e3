# SPDX-License-Identifier: Apache-2.0
"""A cold start: install, first command, first text, in an environment made for it, beside spaCy's first text.

`python -m benchmarks.cold WHEEL [--data DATA] [--spacy-python PY] [--repeats 3] [--json FILE]`

WHEEL is installed with all it needs into a fresh virtual environment, from the package index or pip's
cache. Commands run with an empty environment (`env -i`). `nowhere`: the installation cannot be written to
and there is no other folder, as in an image with a read-only root; `first`: there is an empty folder,
`again`: with what the first run left in it. Seconds from starting the command to its end, wall clock and
processor time, the median; megabytes: the most that the process held. With --data, both sides read one
pipeline that spaCy trained.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from .compare import machine
from .engine_speed import saved_pipeline

TEXT = "Ada Lovelace met Charles Babbage in London."
PROGRAM = "import sys, {library}; nlp = {library}.load(sys.argv[1]); print(len(nlp(sys.argv[2])))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument(
        "--environment", type=Path, help="where WHEEL is installed already: nothing is installed"
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--spacy-python")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = measure(given, Path(scratch))
    if given.json:
        given.json.write_text(json.dumps({"machine": machine(), **found}, indent=1) + "\n")


def measure(given: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Install, then every command."""
    root = given.environment or scratch / "venv"
    found: dict[str, Any] = {} if given.environment else {"install": install(given.wheel, root)}
    freshet, texts = str(root / "bin" / "freshet"), scratch / "texts.txt"
    texts.write_text(TEXT + "\n")
    apply = [freshet, "apply", "en_starter", str(texts)]
    with read_only(root):
        found["freshet --version, nowhere"] = report(
            "freshet --version", [freshet, "--version"], given.repeats
        )
        found["freshet apply, nowhere"] = report("freshet apply, nowhere", apply, given.repeats)
    kept = {"NUMBA_CACHE_DIR": str(scratch / "kept")}
    found["freshet apply, first"] = report("freshet apply, first", apply, 1, kept)
    found["freshet apply, again"] = report("freshet apply, again", apply, given.repeats, kept)
    if given.data:
        options = argparse.Namespace(data=given.data, spacy_python=given.spacy_python)
        model = str(saved_pipeline("ud", options, scratch))
        sides = {"engine": str(root / "bin" / "python")} | (
            {"spacy": given.spacy_python} if given.spacy_python else {}
        )
        for library, python in sides.items():
            command = [python, "-c", PROGRAM.format(library=library), model, TEXT]
            with read_only(root):
                found[f"{library}, one pipeline"] = report(f"{library}.load, same", command, given.repeats)
    return found


def install(wheel: Path, root: Path) -> dict[str, float]:
    """Seconds and megabytes of an installation from nothing."""
    venv.create(root, with_pip=True)
    before, began = megabytes_of(root), time.monotonic()
    subprocess.run([root / "bin" / "python", "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    done = {"seconds": time.monotonic() - began, "megabytes": megabytes_of(root) - before}
    print(f"{'install':28} {done['seconds']:6.1f} s {done['megabytes']:7.0f} MB")
    print(f"{'':28} wheel {wheel.stat().st_size / 1e6:.1f} MB; load {os.getloadavg()[0]:.1f}", flush=True)
    return done


def report(
    name: str, command: list[str], repeats: int, environment: dict[str, str] | None = None
) -> dict[str, float]:
    """The median of a command's runs, each a process of its own."""
    runs = [run(command, environment or {}) for _ in range(repeats)]
    wall, processor, held = (median(one[i] for one in runs) for i in range(3))
    print(f"{name:28} {wall:6.2f} s ({processor:.2f} of processor time) {held:5.0f} MB", flush=True)
    return {"seconds": wall, "processor_seconds": processor, "megabytes": held}


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Seconds, processor seconds, megabytes of one run with nothing else in its environment."""
    began = time.monotonic()
    process = subprocess.Popen(
        [*without_root_powers(), *command],
        env={"HOME": "/dev/null/none", **environment},
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(
            f"expected {' '.join(command)} to end well, it ended with {os.waitstatus_to_exitcode(status)}"
        )
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def without_root_powers() -> list[str]:
    """For root, who could write to what is read-only, a prefix that takes that away (util-linux)."""
    if os.geteuid():
        return []
    return [shutil.which("setpriv") or "setpriv", "--bounding-set", "-dac_override"]


@contextmanager
def read_only(root: Path) -> Iterator[None]:
    """Inside, nobody may write into the folders of an installation."""
    folders = [path for path in root.rglob("*") if path.is_dir() and not path.is_symlink()]
    for path in folders:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        yield
    finally:
        for path in folders:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)


def megabytes_of(root: Path) -> float:
    """Room on the disk."""
    return sum(path.lstat().st_blocks * 512 for path in root.rglob("*") if not path.is_dir()) / 1e6


if __name__ == "__main__":
    main()
