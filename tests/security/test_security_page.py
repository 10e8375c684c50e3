# SPDX-License-Identifier: Apache-2.0
"""`SECURITY.md` names a test in every row of its table, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| who ")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:40])
def test_each_row_names_tests_that_exist(row: str) -> None:
    """The last cell of a row is files of tests, each with tests in it."""
    who, reach, shown = (cell.strip() for cell in row.strip("|").split("|"))
    files = re.findall(r"`(tests/[\w/]+\.py)`", shown)
    assert who
    assert reach
    assert files, f"no test in the row {who!r}"
    for file in files:
        assert re.search(r"^def test_", (ROOT / file).read_text(), re.MULTILINE), file


def test_whoever_is_not_trusted_has_a_row() -> None:
    """Producers, authors, folders, data files, hubs and web pages: each of the issue's list."""
    for word in (
        "producer of texts",
        "author of corrections",
        "folder",
        "data file",
        "model hub",
        "web page",
    ):
        assert any(word in row for row in ROWS), word


def test_the_page_says_how_to_report() -> None:
    """How to report a fault, and which versions get fixes."""
    assert "## Reporting a fault" in PAGE
    assert "Fixes go into" in PAGE
