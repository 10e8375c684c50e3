# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from engine import Doc

PAGE = Path(__file__).parents[2] / "docs" / "from-spacy.md"


def test_the_page_for_people_who_come_from_spacy_runs() -> None:
    """Its examples are one program, from top to bottom."""
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf8"), flags=re.S)
    assert len(examples) > 4
    names: dict[str, Any] = {}
    try:
        for number, example in enumerate(examples, start=1):
            exec(compile(example, f"{PAGE.name}, example {number}", "exec"), names)
    finally:
        if Doc.has_extension("loud"):
            Doc.remove_extension("loud")


def test_the_page_is_two_pages_long() -> None:
    """Nobody reads more of it."""
    assert len(PAGE.read_text(encoding="utf8").split()) < 1_100
