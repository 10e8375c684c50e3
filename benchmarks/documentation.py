# SPDX-License-Identifier: Apache-2.0
"""How much of the documentation works as written: `python -m benchmarks.documentation [--missing] [FILE]`.

Runs the tests of `tests/documentation`, slow ones too, and counts the rows of `rows.tsv` there: a row is
shown when every test that names it passes. Rows that are left out on purpose carry their reason there.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "tests" / "documentation"
GOAL = 365
"""Rows that have to be shown before the documentation counts as implemented."""


@dataclass(frozen=True, slots=True)
class Row:
    """One feature of the documentation; `reason` where it is left out on purpose."""

    id: str
    area: str
    feature: str
    reason: str


class Outcomes:
    """Collects how the tests of each row ended, as a plug-in of pytest."""

    def __init__(self) -> None:
        self.by_row: defaultdict[str, list[str]] = defaultdict(list)
        self._rows: dict[str, list[str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which rows a test names."""
        for item in items:
            self._rows[item.nodeid] = [
                str(row) for mark in item.iter_markers("documentation") for row in mark.args
            ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note an outcome: of the call, or of a set-up that failed or skipped."""
        if report.when == "call" or report.outcome != "passed":
            for row in self._rows.get(report.nodeid, ()):
                self.by_row[row].append(report.outcome)


def main() -> None:
    """Print the counts by area; exit code 1 where a row fails or fewer than the goal are shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tests", nargs="*", default=[str(FOLDER)], help="test files; default: all")
    parser.add_argument("--missing", action="store_true", help="list the rows without a test")
    given = parser.parse_args()
    outcomes = Outcomes()
    pytest.main([*given.tests, "-m", "", "-q", "--no-header", "-p", "no:cacheprovider"], plugins=[outcomes])
    rows = read_rows()
    known = {row.id for row in rows}
    for wrong in sorted(set(outcomes.by_row) - known):
        print(f"a test names {wrong}, which rows.tsv does not have")
    states = {row.id: state_of(row, outcomes.by_row.get(row.id, [])) for row in rows}
    report(rows, states, missing=given.missing)
    n_shown = sum(state == "shown" for state in states.values())
    sys.exit(0 if n_shown >= GOAL and "failing" not in states.values() else 1)


def read_rows(file: Path = FOLDER / "rows.tsv") -> list[Row]:
    """The table of rows."""
    with file.open(encoding="utf8", newline="") as lines:
        return [Row(*cells) for cells in list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]]


def state_of(row: Row, outcomes: Sequence[str]) -> str:
    """`shown`, `failing`, `left out` or `no test`; a row whose tests were all skipped has none."""
    if "failed" in outcomes:
        return "failing"
    if "passed" in outcomes:
        return "shown"
    return "left out" if row.reason else "no test"


def report(rows: Sequence[Row], states: dict[str, str], *, missing: bool) -> None:
    """The table, then the rows that fail, those that are left out with their reasons and, if asked, those
    without a test."""
    columns = ("shown", "failing", "left out", "no test")
    areas = list(dict.fromkeys(row.area for row in rows))
    print(f"\n{'area':38}" + "".join(f"{name:>10}" for name in (*columns, "rows")))
    for area in [*areas, "all"]:
        found = [states[row.id] for row in rows if area in ("all", row.area)]
        counts = [found.count(name) for name in columns]
        print(f"{area:38}" + "".join(f"{n:>10}" for n in (*counts, len(found))))
    for state in ("failing", "left out", *(("no test",) if missing else ())):
        chosen = [row for row in rows if states[row.id] == state]
        print(f"\n{state}:" if chosen else "", end="\n" if chosen else "")
        for row in chosen:
            print(f"  {row.id:8} {row.feature[:90]}" + (f" ({row.reason})" if state == "left out" else ""))


if __name__ == "__main__":
    main()
