# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from workers.corrections import Decided, DecisionLog, decide, decisions_after
from workers.model_registry import ModelRegistry, open_registry


def test_decisions_are_read_on_from_where_they_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole chain is read once; later looks see what came since, each decision once and in order."""
    with open_registry(f"embedded:{tmp_path}") as registry:
        log = DecisionLog(registry)
        assert log.after("") == []
        monkeypatch.setattr(ModelRegistry, "audit", lambda self: pytest.fail("read whole again"))
        for author, decided in (("ada", Decided.HOLD), ("bo", Decided.REVOKE), ("ada", Decided.ACCEPT)):
            decide(registry, author, decided, actor="cy", reason="seen")
            found = log.after("")
            assert (found[-1].author, found[-1].decided) == (author, decided)
        assert [one.author for one in found] == ["ada", "bo", "ada"]
        assert log.after(found[0].id) == found[1:]
        monkeypatch.undo()
        assert decisions_after(registry, found[1].id) == found[2:]
