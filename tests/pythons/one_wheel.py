# SPDX-License-Identifier: Apache-2.0
"""`pythonX.Y -m tests.pythons.one_wheel FOLDER MACHINE ...`: an environment of this Python in the folder,
sets of machine code by it, and a wheel for each kind of machine in `dist`.

Torch is not needed: the work calls what stands behind its products by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.pythons.suite import make_environment

SETS = Path("build/sets")
WHEELS = Path("dist")


def main(arguments: list[str]) -> int:
    """Make the wheels, say how large they are and how long they took; the code of what failed, else 0."""
    folder, *machines = arguments
    try:
        python = make_environment(Path(folder), ".")
        for machine in machines:
            begun = time.monotonic()
            made = make_wheel(python, machine)
            print(
                f"{made}: {made.stat().st_size / 1e6:.1f} MB in {time.monotonic() - begun:.0f} s", flush=True
            )
    except subprocess.CalledProcessError as error:
        print(f"expected a wheel, but this failed: {' '.join(error.cmd)}", file=sys.stderr)
        return error.returncode or 1
    return 0


def make_wheel(python: str, machine: str) -> Path:
    """The wheel for a kind of machine. Raises: CalledProcessError."""
    subprocess.run([python, "-m", "workers.machine_code", machine, str(SETS)], check=True)
    before = _wheels()
    pip = [python, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    told = {"FRESHET_SETS": str(SETS.resolve()), "FRESHET_MACHINE": machine}
    subprocess.run([*pip, "--wheel-dir", str(WHEELS), "."], env=os.environ | told, check=True)
    after = _wheels()
    return max(after, key=lambda path: (path not in before, after[path]))


def _wheels() -> dict[Path, float]:
    """What lies in the folder, and when it was written."""
    return {path: path.stat().st_mtime for path in WHEELS.glob("freshet-*.whl")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
