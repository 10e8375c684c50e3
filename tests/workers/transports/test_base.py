# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from schemas import Source
from workers.transports.base import Record


def test_a_record_says_its_source_and_its_place() -> None:
    """The source is the message's value for where a record stands, the place is its text."""
    record = Record("texts", 3, 17, 0, None, None)
    assert record.source == Source("texts", 3, 17)
    assert record.place == str(record.source) == "texts:3:17"
