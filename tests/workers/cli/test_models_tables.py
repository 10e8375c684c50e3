# SPDX-License-Identifier: Apache-2.0
"""The tables of `freshet models`, on a narrow terminal."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table

from workers.cli.corrections import authors_table
from workers.cli.models_tables import audit_table
from workers.model_registry import AuditEntry


def shown(table: Table) -> str:
    """The table on eighty columns."""
    stream = io.StringIO()
    Console(width=80, file=stream).print(table)
    return stream.getvalue()


def test_the_audit_shows_each_time_and_each_reason_whole() -> None:
    """On eighty columns, too: whoever asks when something was forced, and why, gets an answer."""
    reason = "the gate had too few documents and the old one loses every second town " * 2
    entry = AuditEntry("1-0", "force", 12, "root", reason.strip(), "0f" * 20, 41, 1_764_460_924.0, "")
    seen = shown(audit_table([entry]))
    assert "2025-11-30T00:02:04" in seen
    assert "…" not in seen
    assert all(word in seen for word in set(reason.split()))
    assert "0f" * 20 not in seen


def test_a_decision_about_an_author_shows_its_time_whole() -> None:
    """Beside all that is told of how far the author agrees."""
    row = {
        "standing": "held",
        "counts": {"read": 3000, "learned": 1700},
        "model": {"ents": [0.02, 17.0], "cats": [0.5, 20.0]},
        "others": {"ents": [0.1, 20]},
        "evidence": 140.0,
        "held": 10,
        "forgotten": 3,
    }
    seen = shown(authors_table({"flip": row}, {"flip": "revoke\n2026-11-30T00:02:04"}))
    assert "2026-11-30T00:02:04" in seen
    assert "…" not in seen.partition("\n")[2]
