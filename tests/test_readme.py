# SPDX-License-Identifier: Apache-2.0
"""What README shows is true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from schemas import decode_annotation
from workers.cli.app import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs() -> None:
    """The code under "Python" runs as it stands and finds entities."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=110, check=True
    )
    assert "London" in done.stdout


def test_every_command_in_it_exists() -> None:
    """No command that README names is missing."""
    named = set(re.findall(r"(?:^|`|/)freshet ([a-z-]+)", README, re.MULTILINE))
    assert named <= set(COMMANDS)
    assert len(named) >= 12


def test_every_make_target_in_it_exists() -> None:
    """No target that README names is missing."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"make (?:-s )?([a-z-]+)(?=[\s)`;]|$)", README))
    assert named <= targets
    assert {"demo", "test", "bench", "starter", "kafka", "kafka-stop"} <= named


def test_the_message_in_it_is_an_annotation() -> None:
    """The example of an output is one that readers accept."""
    (text,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    annotation = decode_annotation(json.dumps(json.loads(text)).encode())
    assert [annotation.text[e.start : e.end] for e in annotation.ents or ()] == ["Kigali"]
