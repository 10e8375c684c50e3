# SPDX-License-Identifier: Apache-2.0
"""`pythonX.Y -m tests.pythons.suite FOLDER [PYTEST ARGUMENTS]`: an environment of this Python in the folder,
with Freshet and its development tools, and pytest in it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

from tests.pythons.cache import alone

PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def main(arguments: list[str]) -> int:
    """Make what is missing, run the tests, say how long it took; pytest's exit code."""
    folder, *more = arguments
    try:
        python = make_environment(Path(folder))
    except subprocess.CalledProcessError as error:
        print(f"expected an environment in {folder}, but this failed: {' '.join(error.cmd)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    subprocess.run([python, "-m", "tests.servers"], check=False)
    code = subprocess.run([python, "-m", "pytest", "-p", "no:cacheprovider", *more], check=False).returncode
    minutes = (time.monotonic() - started) / 60
    print(f"Python {sys.version.split()[0]}: pytest ended with {code} after {minutes:.1f} minutes")
    return code


def make_environment(folder: Path, project: str = ".[dev]") -> str:
    """The interpreter of the environment; what pyproject.toml asks for is installed where it is another than
    at the last time."""
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = hashlib.sha256(Path("pyproject.toml").read_bytes()).hexdigest()
    with alone(folder):
        if not stamp.is_file() or stamp.read_text() != wanted:
            started = time.monotonic()
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run([str(python), *PIP, "--editable", project], check=True)
            stamp.write_text(wanted)
            print(f"installed into {folder} in {time.monotonic() - started:.0f} s", flush=True)
    return str(python)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
