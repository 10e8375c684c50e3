# SPDX-License-Identifier: Apache-2.0
"""A registry that Freshet 0.1 wrote (data/registry_0_1.json: the commands that bring its keys back)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.redis import RedisServer
from workers.model_registry import Head, Lineage, ModelRegistry, Signing, open_registry

pytestmark = pytest.mark.redis

WRITTEN = Path(__file__).parent / "data" / "registry_0_1.json"
SIGNING = Signing(secret=b"secret")


@pytest.fixture
def registry(redis_server: RedisServer) -> Iterator[ModelRegistry]:
    """The old registry, below its own name on the shared server, which must be free."""
    with open_registry(redis_server.url, "default", signing=SIGNING) as opened:
        client = opened.server.client
        assert not client.exists("fr:{default}:head")
        for command in json.loads(WRITTEN.read_text(encoding="utf-8")):
            client.execute_command(*command)
        yield opened
        client.delete(*client.scan_iter("fr:{default}:*", 1000))


def test_versions_head_and_audit_are_read(registry: ModelRegistry, tmp_path: Path) -> None:
    """Every version verifies, signature and bytes; the head and the audit chain are those that were left."""
    assert [version.state for version in registry.versions()] == ["previous", "champion", "shadow", "retired"]
    assert [registry.verify(number).number for number in (1, 2, 3)] == [1, 2, 3]
    lineage = registry.version(2).lineage
    assert (lineage.offsets, lineage.seed, lineage.notes) == ({"corrections:0": (0, 7)}, 7, {"k": "v"})
    head = registry.head()
    assert (head.champion, head.previous, head.shadow, head.canary) == (2, 1, 3, None)
    assert len(registry.audit()) == 11
    assert (registry.fetch(2, tmp_path / "2") / "ner" / "model").read_bytes() == b"weights two"


def test_the_trainers_state_is_read(registry: ModelRegistry) -> None:
    """The checkpoint, its blob and the metrics are there."""
    checkpoint = registry.checkpoint()
    assert checkpoint is not None
    assert (checkpoint.state_digest, checkpoint.offsets) == ("s" * 64, {"corrections:0": 7})
    assert registry.blobs.get(checkpoint.blobs["state"]) == b"optimizer state"
    assert [row.row for row in registry.metrics()] == [{"loss": 0.25, "step": 1}]


def test_what_was_done_before_is_not_done_again(registry: ModelRegistry) -> None:
    """Operations are known by their ids across the change of version."""
    before = registry.head()
    registry.promote(2, expected_epoch=before.epoch, actor="ada", op_id="promote-2")
    assert registry.acquire_fence(op_id="fence-1") == 1
    assert registry.head() == before


def test_it_goes_on(registry: ModelRegistry, tmp_path: Path) -> None:
    """A new version, a promotion, a rollback and a checkpoint follow; the audit chain holds through both."""
    (tmp_path / "config.cfg").write_text("[nlp]\n")
    number = registry.put(tmp_path, parent=2, lineage=Lineage(), actor="ada").number
    assert number == 5
    registry.promote(5, expected_epoch=registry.head().epoch, actor="ada", reason="new", force=True)
    head: Head = registry.rollback(actor="ada", reason="worse")
    assert head.champion == 2
    fence = registry.acquire_fence()
    registry.commit_checkpoint(fence, "s" * 64, "t" * 64, {}, {}, op_id=uuid.uuid4().hex)
    assert fence == 2
    assert len(registry.audit()) > 11
