# SPDX-License-Identifier: Apache-2.0
"""What README and the pages beside it show is true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import workers
from engine.extras import extras
from schemas import decode_annotation
from workers.cli.app import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def test_the_python_example_runs() -> None:
    """The code under "Python" runs as it stands and finds entities."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=110, check=True
    )
    assert "London" in done.stdout


def test_every_command_in_it_exists() -> None:
    """No command that a page names is missing, and every command is on a page."""
    named = set(re.findall(r"(?:^|`|/)freshet ([a-z][a-z-]*)", SHOWN, re.MULTILINE))
    assert named == set(COMMANDS)


def test_every_extra_is_on_a_page() -> None:
    """The table of docs/commands.md says what each is for."""
    table = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8").partition("## Extras")[2]
    rows = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert {extra.name for extra in extras()} - set(re.findall(r"`([a-z0-9]+)`", rows)) == set()


def test_every_make_target_in_it_exists() -> None:
    """No target that a page names is missing."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:^|`|\(| )make (?:-s )?([a-z][a-z-]*)(?=[ \t]*[)`;#]|$)", SHOWN, re.MULTILINE))
    assert named <= targets
    assert {"demo", "test", "bench", "starter", "kafka", "kafka-stop"} <= named


def test_every_link_leads_somewhere() -> None:
    """No page links to a file that is not there."""
    gone = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert gone == []


def test_every_room_file_in_it_exists() -> None:
    """A page that names a file of a room names one that is there."""
    named = set(re.findall(r"`((?:schemas|engine|workers|configs|tests|docs|examples)/[\w/.-]+)`", SHOWN))
    places = (ROOT, Path(workers.__file__).parents[1])  # the rooms are where they were installed
    assert [name for name in sorted(named) if not any((place / name).exists() for place in places)] == []


def test_the_message_in_it_is_an_annotation() -> None:
    """The example of an output is one that readers accept."""
    (text,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    annotation = decode_annotation(json.dumps(json.loads(text)).encode())
    assert [annotation.text[e.start : e.end] for e in annotation.ents or ()] == ["Kigali"]
