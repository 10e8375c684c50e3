# SPDX-License-Identifier: Apache-2.0
"""A registry is known again by its identity, and a trainer does not write into another one."""

from __future__ import annotations

import uuid

import pytest

from tests.servers.redis import RedisServer
from workers.model_registry import ModelRegistry, Signing, UnknownRegistryError, open_registry

from .conftest import MakeModel

pytestmark = pytest.mark.redis


def wipe(registry: ModelRegistry) -> None:
    """Lose everything, as a server that came back without its file has."""
    client = registry.server.client
    client.delete(*client.scan_iter(f"{registry.server.root}*", 1000))


def test_the_first_change_gives_an_identity_that_stays(
    registry: ModelRegistry, make_model: MakeModel, redis_server: RedisServer
) -> None:
    """An empty registry has none; from the first change on it is the same, and that of no other registry."""
    assert registry.head().identity == ""
    registry.put(make_model("a"), actor="t")
    identity = registry.head().identity
    registry.promote(1, expected_epoch=0, actor="t")
    assert identity == registry.head().identity != ""
    name = f"test-{uuid.uuid4().hex[:12]}"
    with open_registry(redis_server.url, name, signing=Signing()) as other:
        other.acquire_fence(op_id="same")
        assert other.head().identity not in ("", identity)


def test_an_older_registry_gets_one_at_its_next_change(
    registry: ModelRegistry, make_model: MakeModel
) -> None:
    """A registry without identity goes on; its next change gives it one."""
    registry.put(make_model("a"), actor="t")
    registry.server.client.hdel(registry.server.key("head"), "identity")
    fence = registry.acquire_fence()
    registry.commit_checkpoint(fence, None, "d1", {}, {}, op_id="c1")
    assert registry.head().identity != ""


@pytest.mark.parametrize("fences", [0, 1], ids=["emptied", "another"])
def test_a_trainer_does_not_write_into_another_registry(
    registry: ModelRegistry, redis_server: RedisServer, make_model: MakeModel, fences: int
) -> None:
    """After the registry was emptied, or is another one with a fence of the same number, commit, put and
    promote are refused, and nothing is made anew."""
    fence = registry.acquire_fence()
    registry.commit_checkpoint(fence, None, "d1", {"c:0": 1}, {}, op_id="c1")
    wipe(registry)
    with open_registry(redis_server.url, registry.name, signing=Signing()) as other:
        for _ in range(fences):
            other.acquire_fence()
    for late in (
        lambda: registry.commit_checkpoint(fence, "d1", "d2", {"c:0": 2}, {}, op_id="c2"),
        lambda: registry.put(make_model("b"), actor="trainer", fence=fence),
        lambda: registry.promote(1, expected_epoch=0, actor="trainer", fence=fence),
    ):
        with pytest.raises(UnknownRegistryError, match="emptied or is another one"):
            late()
    assert (registry.versions(), registry.checkpoint()) == ([], None)
