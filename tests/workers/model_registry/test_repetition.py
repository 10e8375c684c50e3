# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.servers.redis import RedisServer
from workers.model_registry import ModelRegistry, Signing, StaleHeadError, StaleWriterError, open_registry

from .conftest import MakeModel
from .proxy import LossyProxy

pytestmark = pytest.mark.redis
PASSED = {"passed": True}
STEPS: dict[str, Callable[[ModelRegistry, str], Any]] = {
    "verdict": lambda r, op: r.set_verdict(2, PASSED, 1, op_id=op),
    "promote": lambda r, op: r.promote(2, expected_epoch=1, actor="t", force=True, reason="x", op_id=op),
    "rollback": lambda r, op: r.rollback(actor="t", reason="x", op_id=op),
    "shadow": lambda r, op: r.set_shadow(2, actor="t", op_id=op),
    "canary": lambda r, op: r.set_canary(2, 10, actor="t", force=True, reason="x", op_id=op),
    "retire": lambda r, op: r.retire(2, actor="t", op_id=op),
    "gc": lambda r, op: r.collect_garbage(0, op_id=op),
    "discard": lambda r, op: r.discard(0, actor="t", op_id=op),
    "fence": lambda r, op: r.acquire_fence(op_id=op),
}


def history(registry: ModelRegistry, make_model: MakeModel) -> None:
    """Version 1 serves, version 2 is a candidate; before a rollback it must serve."""
    registry.promote(registry.put(make_model("a"), actor="t").number, expected_epoch=0, actor="t")
    registry.put(make_model("b"), actor="t", parent=1)


@pytest.mark.parametrize("step", STEPS)
def test_step_repeated_changes_nothing(registry: ModelRegistry, make_model: MakeModel, step: str) -> None:
    """Each script that runs again with its op_id gives the first answer and leaves everything as it is."""
    history(registry, make_model)
    if step == "rollback":
        STEPS["promote"](registry, "before")
    first = STEPS[step](registry, "op")
    after = (registry.head(), registry.versions(), registry.audit())
    assert STEPS[step](registry, "op") == first
    assert (registry.head(), registry.versions(), registry.audit()) == after


def test_lost_answers_do_no_harm(redis_server: RedisServer, make_model: MakeModel, tmp_path: Path) -> None:
    """Where every third answer is lost after the script ran, the client asks again, and everything has
    happened once."""
    socket = Path(f"/tmp/freshet-lossy-{uuid.uuid4().hex[:8]}.sock")
    proxy, name = LossyProxy(socket, redis_server.socket, 3), f"test-{uuid.uuid4().hex[:12]}"
    try:
        with open_registry(f"unix://{socket}", name, signing=Signing()) as registry:
            history(registry, make_model)
            registry.set_verdict(2, PASSED, 1)
            registry.promote(2, expected_epoch=1, actor="t")
            fence = registry.acquire_fence()
            for step in range(6):
                registry.commit_checkpoint(
                    fence, f"d{step}" if step else None, f"d{step + 1}", {"c:0": step}, {}, op_id=f"c{step}"
                )
                registry.log_metrics({"step": step})
            registry.rollback(actor="t", reason="x")
            assert [entry.action for entry in registry.audit()] == [
                "put",
                "promote",
                "put",
                "verdict",
                "promote",
                "fence",
                "rollback",
            ]
            assert [row.row["step"] for row in registry.metrics()] == list(range(6))
            assert (registry.head().epoch, fence, len(registry.versions())) == (3, 1, 2)
    finally:
        proxy.close()
        socket.unlink()
    assert proxy.lost > 5


def test_checkpoint_is_committed_once_and_in_order(registry: ModelRegistry) -> None:
    """State and offsets change together; a repeated commit changes nothing, one that follows another
    checkpoint is refused."""
    fence, blob = registry.acquire_fence(), registry.states.put(b"weights")
    for _ in range(2):
        registry.commit_checkpoint(fence, None, "d1", {"corrections:0": 7}, {"w": blob}, op_id="c1")
    found = registry.checkpoint()
    assert found is not None
    assert (found.state_digest, found.parent, found.offsets, found.blobs) == (
        "d1",
        None,
        {"corrections:0": 7},
        {"w": blob},
    )
    assert registry.states.get(blob) == b"weights"
    with pytest.raises(StaleHeadError, match="follows d1"):
        registry.commit_checkpoint(fence, None, "d2", {}, {}, op_id="c2")


def test_zombie_is_fenced(registry: ModelRegistry, make_model: MakeModel) -> None:
    """After a newer trainer has taken a fence, the older one can neither commit nor put nor promote."""
    old = registry.acquire_fence()
    registry.commit_checkpoint(old, None, "d1", {"c:0": 1}, {}, op_id="c1")
    put = registry.put(make_model("a"), actor="old", fence=old)
    new = registry.acquire_fence()
    for late in (
        lambda: registry.commit_checkpoint(old, "d1", "d2", {"c:0": 2}, {}, op_id="c2"),
        lambda: registry.put(make_model("b"), actor="old", fence=old),
        lambda: registry.promote(put.number, expected_epoch=0, actor="old", fence=old),
    ):
        with pytest.raises(StaleWriterError, match=f"newest fence {new}, got {old}"):
            late()
    registry.commit_checkpoint(new, "d1", "d2", {"c:0": 2}, {}, op_id="c3")
    assert registry.head().champion is None


def test_scripts_survive_a_lost_cache(
    registry: ModelRegistry, redis_server: RedisServer, make_model: MakeModel
) -> None:
    """A server that has forgotten the scripts, as after a restart, is sent them again."""
    registry.put(make_model("a"), actor="t")
    registry.server.client.script_flush()
    assert registry.promote(1, expected_epoch=0, actor="t").champion == 1
