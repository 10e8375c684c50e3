# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.redis import RedisServer
from workers.model_registry import ModelRegistry, Signing, UnreachableError, open_registry

from .conftest import MakeModel

pytestmark = pytest.mark.redis


@pytest.fixture
def own_server(redis_server: RedisServer, tmp_path: Path) -> Iterator[RedisServer]:
    """A server that may be killed."""
    server = RedisServer(tmp_path / "own", program=redis_server.program)
    server.start()
    yield server
    server.stop(kill=True)


def test_killed_server_comes_back_with_everything(
    own_server: RedisServer, make_model: MakeModel, tmp_path: Path
) -> None:
    """After kill -9 and a restart nothing that was acknowledged is missing; while it is down calls say so,
    then work again."""
    with open_registry(own_server.url, "m", signing=Signing()) as registry:
        registry.promote(registry.put(make_model("a"), actor="t").number, expected_epoch=0, actor="t")
        fence = registry.acquire_fence()
        registry.commit_checkpoint(
            fence, None, "d1", {"c:0": 5}, {"w": registry.states.put(b"x" * 5_000_000)}, op_id="c1"
        )
        before = (registry.head(), registry.versions(), registry.audit(), registry.checkpoint())
        own_server.stop(kill=True)
        writing = (lambda: registry.put(make_model("b"), actor="t"), lambda: registry.states.put(b"x"))
        for call in (registry.head, registry.versions, lambda: registry.wait(9, 1), *writing):
            with pytest.raises(UnreachableError, match="does not answer"):
                call()
        own_server.start()
        assert (registry.head(), registry.versions(), registry.audit(), registry.checkpoint()) == before
        registry.verify(1)
        assert registry.acquire_fence() == fence + 1
        assert registry.put(make_model("b"), actor="t").number == 2


def test_nothing_acknowledged_is_lost_while_the_disk_is_busy(
    own_server: RedisServer, make_model: MakeModel
) -> None:
    """What was acknowledged just before a kill -9 is there afterwards, also where an fsync ran and Redis had
    put off writing."""
    with open_registry(own_server.url, "m", signing=Signing()) as registry:
        for number in range(1, 3):
            registry.put(make_model("a"), actor="t")
            for _ in range(40):
                registry.states.put(os.urandom(2_000_000))
                if registry.server.client.info("persistence")["aof_pending_bio_fsync"]:
                    break
            registry.retire(number, actor="t")
            own_server.stop(kill=True)
            own_server.start()
            assert [version.state for version in registry.versions()] == ["retired"] * number


def test_wait_ends_with_the_change(
    redis_server: RedisServer, registry: ModelRegistry, make_model: MakeModel
) -> None:
    """Who waits gets the new head without polling; a change that came before the call ends it at once."""
    number = registry.put(make_model("a"), actor="t").number
    heads = []
    waiter = threading.Thread(target=lambda: heads.append(registry.wait(0, 60)))
    waiter.start()
    time.sleep(0.2)
    registry.set_verdict(number, {"passed": True}, 0)  # an event that changes no pointer
    registry.promote(number, expected_epoch=0, actor="t")
    waiter.join(10)
    assert [head.champion for head in heads] == [number]
    assert registry.wait(0, 60).epoch == 1
    assert registry.wait(1, 0.05).epoch == 1


def test_wait_outlives_a_short_outage_of_its_caller(own_server: RedisServer, make_model: MakeModel) -> None:
    """A wait that was cut off by an outage says so; the next one sees what has changed since."""
    with open_registry(own_server.url, "m", signing=Signing()) as registry:
        number = registry.put(make_model("a"), actor="t").number
        own_server.stop(kill=True)
        with pytest.raises(UnreachableError):
            registry.wait(0, 5)
        own_server.start()
        registry.promote(number, expected_epoch=0, actor="t")
        assert registry.wait(0, 5).champion == number
