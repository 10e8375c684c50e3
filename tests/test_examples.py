# SPDX-License-Identifier: Apache-2.0
"""What the examples show is true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = {
    "annotate_a_topic.py": ("text-0 [('Ada Lovelace', 'PER')", "dead letter: b'{ no JSON'", "ended with 0"),
    "correct_and_learn.py": ("version 1 ", "version 2 "),
    "own_component.py": ("shouting 1.00", "('London', 'LOC')"),
}
"""Example -> what it prints."""


def run(example: str) -> str:
    """Run an example as README says; what it prints."""
    command = [sys.executable, f"examples/{example}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.timeout(300)  # the first one on a machine compiles
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_and_prints_what_it_promises(example: str) -> None:
    """Each example ends well and shows what its first line says."""
    shown = run(example)
    assert [words for words in EXAMPLES[example] if words not in shown] == []


def test_every_example_is_run() -> None:
    """No example is left out here, and the list of them names each."""
    there = {path.name for path in (ROOT / "examples").glob("*.py")}
    assert there == set(EXAMPLES)
    listed = (ROOT / "examples" / "README.md").read_text(encoding="utf8")
    assert [name for name in there if name not in listed] == []
