# SPDX-License-Identifier: Apache-2.0
"""The interpreter that has spaCy: given in FRESHET_SPACY_PYTHON, or a virtual environment of its own, made on
first use.

spaCy is installed for benchmarks only and never beside Freshet.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

PACKAGE = "spacy>=3.8,<3.9"
FOR_THE_NAIVE_WORKER = ("kafka-python>=3.0.12,<4", "crc32c")
FOLDER = Path(__file__).parent.parent / ".peer"


def spacy_python() -> str:
    """Path of an interpreter that can import spaCy 3.8; installs it into `.peer` where there is none."""
    given = given_python()
    if given:
        return given
    python = FOLDER / "bin" / "python"
    if not _has_spacy(python):
        print(f"installing {PACKAGE} into {FOLDER} for the comparison", file=sys.stderr)
        venv.create(FOLDER, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", PACKAGE, *FOR_THE_NAIVE_WORKER], check=True
        )
    return str(python)


def given_python() -> str | None:
    """The interpreter that the environment names; `FRESHET_PEER_PYTHON` is the variable's older name."""
    return os.environ.get("FRESHET_SPACY_PYTHON") or os.environ.get("FRESHET_PEER_PYTHON")


def asked(spacy: subprocess.Popen[str], request: dict[str, Any]) -> Any:
    """The answer of a program of spaCy's side that reads one JSON value a line and answers each with
    one."""
    assert spacy.stdin is not None
    assert spacy.stdout is not None
    spacy.stdin.write(json.dumps(request) + "\n")
    spacy.stdin.flush()
    return json.loads(spacy.stdout.readline())


def _has_spacy(python: Path) -> bool:
    return (
        python.exists()
        and subprocess.run([python, "-c", "import spacy"], check=False, capture_output=True).returncode == 0
    )
