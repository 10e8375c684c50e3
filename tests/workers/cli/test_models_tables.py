# SPDX-License-Identifier: Apache-2.0
"""The tables of `freshet models`, on a narrow terminal."""

from __future__ import annotations

import io

from rich.console import Console

from workers.cli.models_tables import audit_table
from workers.model_registry import AuditEntry


def test_the_audit_shows_each_time_and_each_reason_whole() -> None:
    """On eighty columns, too: whoever asks when something was forced, and why, gets an answer."""
    reason = "the gate had too few documents and the old one loses every second town " * 2
    entry = AuditEntry("1-0", "force", 12, "root", reason.strip(), "0f" * 20, 41, 1_764_460_924.0, "")
    console = Console(width=80, file=io.StringIO())
    console.print(audit_table([entry]))
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO
    assert "2025-11-30T00:02:04" in shown
    assert "…" not in shown
    assert all(word in shown for word in set(reason.split()))
