# SPDX-License-Identifier: Apache-2.0
"""Which heads of a registry a worker follows, on a real registry."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.redis import RedisServer
from tests.workers.serving.support import FakeRegistry
from tests.workers.support import memory_log, running, settings_for_tests, wait_until
from workers.model_registry import ModelRegistry, Signing, UnknownRegistryError, open_registry
from workers.serving import LiveModel, ModelLoader, TrustedHeads, wait_for_champion
from workers.serving.swap_metrics import SwapMetrics
from workers.serving.updater import ModelUpdater

pytestmark = pytest.mark.redis


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server of this module's own."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def real(redis_server: RedisServer, tmp_path: Path) -> Iterator[ModelRegistry]:
    """A registry whose version 2 serves, after version 1; version 3 is a candidate."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    with open_registry(redis_server.url, name, signing=Signing()) as registry:
        for weights in ("one", "two", "three"):
            folder = tmp_path / weights
            folder.mkdir()
            (folder / "weights").write_text(weights)
            registry.put(folder, actor="t")
        for number in (1, 2):
            force(registry, number)
        yield registry


def force(registry: ModelRegistry, number: int) -> None:
    """Make a version champion."""
    epoch = registry.head().epoch
    registry.promote(number, expected_epoch=epoch, actor="t", force=True, reason="test")


def dump(registry: ModelRegistry) -> dict[bytes, bytes]:
    """A backup of all keys."""
    client = registry.server.client
    return {key: client.dump(key) for key in client.scan_iter(f"{registry.server.root}*", 1000)}


def restore(registry: ModelRegistry, backup: dict[bytes, bytes]) -> None:
    """Put a backup in the place of what there is."""
    client = registry.server.client
    for key in list(client.scan_iter(f"{registry.server.root}*", 1000)):
        client.delete(key)
    for key, data in backup.items():
        client.restore(key, 0, data)


def test_promotions_rollbacks_and_other_changes_are_followed(real: ModelRegistry) -> None:
    """Whatever the registry's scripts did leads to a head that is followed, however much of it was missed."""
    heads = TrustedHeads(real)
    assert heads.wait(-1, 0).champion == 2
    real.rollback(actor="t", reason="x")
    assert heads.wait(-1, 0).champion == 1
    real.set_canary(3, 10, actor="t", force=True, reason="x")
    real.acquire_fence()
    force(real, 3)
    force(real, 2)
    real.set_shadow(3, actor="t")
    head = heads.wait(-1, 0)
    assert (head.champion, head.shadow) == (2, 3)


@pytest.mark.parametrize("field", ["champion", "canary"])
def test_a_version_written_into_the_head_by_hand_is_not_followed(real: ModelRegistry, field: str) -> None:
    """An older signed version in the head without an entry of the audit chain is refused, after later entries
    too; force and a reason put it right."""
    heads = TrustedHeads(real)
    heads.wait(-1, 0)
    real.server.client.hset(real.server.key("head"), field, "1")
    with pytest.raises(
        UnknownRegistryError, match=rf"{1 if field == 'champion' else 2} as champion .*by hand"
    ):
        heads.wait(-1, 0)
    real.acquire_fence()
    with pytest.raises(UnknownRegistryError, match="changed by hand"):
        heads.wait(-1, 0)
    real.set_canary(None, actor="t")
    force(real, 3)
    assert heads.wait(-1, 0).champion == 3


def test_an_older_state_of_everything_is_not_followed(real: ModelRegistry) -> None:
    """A backup that was put back is noticed, and still when it went on by promotions of its own."""
    backup, heads = dump(real), TrustedHeads(real)
    force(real, 3)
    assert heads.wait(-1, 0).champion == 3
    restore(real, backup)
    with pytest.raises(UnknownRegistryError, match=r"champion 2\) does not go on from epoch 3, champion 3"):
        heads.wait(-1, 0)
    for number in (1, 3, 2):
        force(real, number)
        with pytest.raises(UnknownRegistryError, match="put back or rewritten"):
            heads.wait(-1, 0)


def test_a_registry_that_came_back_empty_is_not_followed(real: ModelRegistry) -> None:
    """Neither empty nor with a first version of its own."""
    heads = TrustedHeads(real)
    heads.wait(-1, 0)
    backup = dump(real)
    restore(real, {})
    with pytest.raises(UnknownRegistryError, match="the registry is empty, version 2 was its champion"):
        heads.wait(-1, 0)
    real.acquire_fence()
    with pytest.raises(UnknownRegistryError, match=r"expected the registry \w+, got \w+"):
        heads.wait(-1, 0)
    restore(real, backup)
    assert heads.wait(-1, 0).champion == 2


def test_what_was_seen_outlives_the_worker_and_can_be_forgotten(real: ModelRegistry, tmp_path: Path) -> None:
    """A worker with a folder knows the registry again after a restart; told so, it takes the one that is
    there, once."""
    folder = str(tmp_path / "kept")
    TrustedHeads(real, folder=folder).wait(-1, 0)
    backup = dump(real)
    restore(real, {})
    with pytest.raises(UnknownRegistryError, match="is empty"):
        TrustedHeads(real, folder=folder).wait(-1, 0)
    restore(real, backup)
    real.server.client.hset(real.server.key("head"), "identity", "f" * 40)
    with pytest.raises(UnknownRegistryError, match=r"got f{40}"):
        TrustedHeads(real, folder=folder).wait(-1, 0)
    assert TrustedHeads(real, folder=folder, accept=True).wait(-1, 0).champion == 2
    assert TrustedHeads(real, folder=folder).wait(-1, 0).champion == 2


def test_a_worker_that_is_told_an_identity_follows_no_other(real: ModelRegistry) -> None:
    """The setting names the one registry that may be followed."""
    identity = real.head().identity
    assert TrustedHeads(real, identity=identity).wait(-1, 0).champion == 2
    with pytest.raises(UnknownRegistryError, match=f"expected the registry {'0' * 40}, got {identity}"):
        TrustedHeads(real, identity="0" * 40).wait(-1, 0)


def test_an_older_registry_is_adopted_at_first_sight(real: ModelRegistry) -> None:
    """One without an identity is followed, and goes on when its next change gives it one."""
    real.server.client.hdel(real.server.key("head"), "identity")
    heads = TrustedHeads(real)
    assert heads.wait(-1, 0).identity == ""
    force(real, 3)
    assert heads.wait(-1, 0).identity != ""


def test_a_worker_serves_on_and_says_so(real: ModelRegistry, registry: FakeRegistry) -> None:
    """While the registry is not followed the champion before serves, readiness stays, and health and a metric
    say why."""
    registry.put(1, registry.models[1])
    log, settings, stop = memory_log(2), settings_for_tests(), threading.Event()
    heads = TrustedHeads(real)
    loader = ModelLoader(registry, registry.load, settings)
    model = wait_for_champion(heads, loader, stop)
    assert model is not None
    live = LiveModel(model)
    with running(log, settings, live) as state:
        wait_until(lambda: state.worker is not None and state.worker.health.joined)
        worker = state.worker
        assert worker is not None
        metrics = SwapMetrics(worker.telemetry.registry)
        updater = ModelUpdater(registry, loader, live, settings, metrics, worker.health, stop, heads)
        updater.start()
        restore(real, {})
        wait_until(lambda: "the registry is empty" in updater.error)
        assert live.current().ref.version == "2"
        assert worker.health.ready() == ""
        assert b"freshet_registry_known 0.0" in worker.telemetry.text()
        wait_until(lambda: "is empty" in str(worker.health.details["registry"]))
    stop.set()
    updater.close()
