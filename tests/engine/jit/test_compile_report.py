# SPDX-License-Identifier: Apache-2.0
"""The line about what was compiled: whom it is shown to."""

from __future__ import annotations

import logging
import os

import pytest
from numba.core.event import Event, EventStatus

from engine.jit import compile_report
from engine.jit.compile_report import CompileReport
from engine.jit.shipped import shipped_code

pytestmark = pytest.mark.skipif(
    shipped_code().any_came, reason="a set came: what it lacks is worth a warning"
)


def _levels(caplog: pytest.LogCaptureFixture, folder: str | None) -> list[int]:
    """Those of the lines after one function was compiled."""
    report = CompileReport(quiet=1000.0)
    report.on_start(Event("numba:compile", EventStatus.START))
    report.on_end(Event("numba:compile", EventStatus.END))
    with caplog.at_level(logging.INFO):
        report.add(folder)
        report.write()
        report.write()  # says nothing twice
    return [record.levelno for record in caplog.records]


def test_what_took_no_time_and_is_kept_is_nothing_to_warn_of(caplog: pytest.LogCaptureFixture) -> None:
    """As ever in a checkout."""
    assert _levels(caplog, os.sep) == [logging.INFO]


def test_what_somebody_waited_for_is_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command without a log shows it, so that the wait has a reason."""
    monkeypatch.setattr(compile_report, "NOTICED", 0.0)
    assert _levels(caplog, os.sep) == [logging.WARNING]


def test_what_is_kept_nowhere_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """It is compiled again at every start."""
    assert _levels(caplog, None) == [logging.WARNING]
    assert "kept nowhere" in caplog.text
