# SPDX-License-Identifier: Apache-2.0
"""The page about matching says what is true."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "matching.md"


def test_examples_of_the_page_run() -> None:
    """Every example of docs/matching.md gives what it shows."""
    results = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    )
    assert results.attempted > 15
    assert results.failed == 0
