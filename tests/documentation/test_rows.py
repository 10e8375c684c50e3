# SPDX-License-Identifier: Apache-2.0
"""The list of rows itself: every row once, every test's row in it."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.documentation import read_rows, state_of

HERE = Path(__file__).parent
N_ROWS = 386


def test_the_list_holds_every_row_once_with_area_and_feature() -> None:
    """Rows outside transformers, vectors, pretraining and Ray: 386, none twice, none without words."""
    rows = read_rows()
    assert len({row.id for row in rows}) == len(rows)
    assert len([row for row in rows if row.id[0] not in "BCDL"]) == N_ROWS
    assert all(row.area and row.feature for row in rows)


def test_tests_name_only_rows_that_the_list_has() -> None:
    """A misspelt id would count for nothing."""
    named = {
        match
        for file in HERE.glob("test_*.py")
        for call in re.findall(r"\brow\(([^)]*)\)", file.read_text(encoding="utf8"))
        for match in re.findall(r'"([A-N]\d[\w.]*)"', call)
    }
    other_issues = {name for name in named if name[0] in "BL"}
    assert named - other_issues <= {row.id for row in read_rows()}


def test_a_row_is_shown_only_when_all_its_tests_pass() -> None:
    """One failure outweighs all else; skipped tests show nothing; a reason stands where none passed."""
    row = read_rows()[0]
    plain = type(row)("A00", row.area, row.feature, "")
    reasoned = type(row)("A00", row.area, row.feature, "left")
    assert state_of(plain, ["passed", "failed"]) == "failing"
    assert state_of(plain, ["passed", "skipped"]) == "shown"
    assert state_of(plain, ["skipped"]) == state_of(plain, []) == "no test"
    assert state_of(reasoned, []) == "left out"
