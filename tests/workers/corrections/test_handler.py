# SPDX-License-Identifier: Apache-2.0
"""What becomes of one record, whichever driver brings it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas import parse_dead_letter
from workers.corrections import CorrectionHandler, CorrectionSettings
from workers.errors import WorkerError
from workers.transports.base import OutgoingRecord, Record

RECORD = Record("corrections", 0, 7, 0, b"k", b"v")


def test_a_fault_of_ours_makes_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither stops the stream nor swallows the record."""

    def break_down(*arguments: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("workers.corrections.handler.read_correction", break_down)
    handled = CorrectionHandler(CorrectionSettings()).handle(RECORD)
    assert handled.outcome == "RuntimeError"
    assert handled.dead_letter is not None
    letter = parse_dead_letter(handled.dead_letter.headers)
    assert (letter.message, letter.stage) == ("a bug", "validate")


def test_what_is_never_taken_is_lessened_to_a_place() -> None:
    """An output to a dead letter, that one to its headers; then there is nothing less."""
    handler = CorrectionHandler(CorrectionSettings())
    handled = replace(
        handler.handle(RECORD), output=OutgoingRecord("corrections.valid", b"v"), dead_letter=None
    )
    letter = handler.lessen(handled, ValueError("too large"))
    assert (letter.outcome, letter.output) == ("ValueError", None)
    smaller = handler.lessen(letter, ValueError("too large"))
    assert [one.dead_letter.value for one in (letter, smaller) if one.dead_letter] == [b"v", b""]
    with pytest.raises(WorkerError, match="at least the headers of corrections:0:7"):
        handler.lessen(smaller, ValueError("too large"))
