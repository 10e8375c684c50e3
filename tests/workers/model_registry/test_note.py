# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from workers.model_registry import ModelRegistry, RegistryError, open_registry


def test_a_note_is_a_link_of_the_audit_chain_and_nothing_else(tmp_path: Path) -> None:
    """Once for an operation; head, versions and epoch stay."""
    with open_registry(f"embedded:{tmp_path}") as registry:
        note(registry)
        before = registry.head()
        note(registry)
        assert [(one.action, one.detail, one.actor, one.reason) for one in registry.audit()] == [
            ("author-hold", "ada", "cy", "seen")
        ]
        assert registry.head() == before
        assert before.epoch == 0
        assert registry.versions() == []


def test_a_note_looks_like_no_change(tmp_path: Path) -> None:
    """Workers go by entries of the chain: no note may be one of those."""
    with open_registry(f"embedded:{tmp_path}") as registry:
        with pytest.raises(RegistryError, match="begins with 'author-', got 'promote'"):
            registry.note("promote", "3", actor="cy")
        assert registry.audit() == []


def note(registry: ModelRegistry) -> None:
    """One operation."""
    registry.note("author-hold", "ada", actor="cy", reason="seen", op_id="op")
