# SPDX-License-Identifier: Apache-2.0
"""Who has which text: leases that expire, in this process and in a real registry."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.local import Local, local_console
from workers.console.leases import Leases, LocalLeases, SharedLeases
from workers.model_registry import ModelRegistry, open_registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelRegistry]:
    """A real one, of this host."""
    with open_registry(f"embedded:{tmp_path_factory.mktemp('leases')}") as found:
        yield found


@pytest.fixture(params=["local", "shared"])
def leases(request: pytest.FixtureRequest) -> Leases:
    """Either kind; of the shared one two consoles' worth would be the same."""
    if request.param == "local":
        return LocalLeases()
    registry: ModelRegistry = request.getfixturevalue("registry")
    registry.server.client.delete(registry.server.key("console:leases"))
    return SharedLeases(registry)


def test_a_text_belongs_to_one_person(leases: Leases) -> None:
    """The next person gets the next text; who has one already keeps it."""
    items = [("t:0:0", 1), ("t:0:1", 1)]
    assert leases.claim("ada", items, 1, 60) == ["t:0:0"]
    assert leases.claim("grace", items, 2, 60) == ["t:0:1"]
    assert leases.claim("ada", items, 2, 60) == ["t:0:0"]


def test_who_walks_away_keeps_nothing(leases: Leases) -> None:
    """A lease ends by itself, or by being given back."""
    assert leases.claim("ada", [("t:0:0", 1)], 1, 0.05) == ["t:0:0"]
    assert leases.claim("grace", [("t:0:0", 1)], 1, 60) == []
    time.sleep(0.06)
    assert leases.claim("grace", [("t:0:0", 1)], 1, 60) == ["t:0:0"]
    leases.release("grace", ["t:0:0"])
    assert leases.claim("ada", [("t:0:0", 1)], 1, 60) == ["t:0:0"]


def test_two_are_asked_and_never_a_third(leases: Leases) -> None:
    """Nobody is asked twice about one text."""
    item = [("t:0:0", 2)]
    assert leases.claim("ada", item, 1, 60) == leases.claim("grace", item, 1, 60) == ["t:0:0"]
    assert leases.claim("barbara", item, 1, 60) == []
    leases.done("ada", ["t:0:0"])
    leases.release("grace", ["t:0:0"])
    assert leases.claim("ada", item, 1, 60) == []
    assert leases.claim("barbara", item, 1, 60) == ["t:0:0"]
    leases.done("barbara", ["t:0:0"])
    assert leases.claim("grace", item, 1, 60) == []


@pytest.mark.redis
def test_leases_go_on_while_the_registry_is_away(registry: ModelRegistry, tmp_path: Path) -> None:
    """They are this process's own then: work goes on."""
    lost = open_registry("redis://127.0.0.1:1")
    assert SharedLeases(lost).claim("ada", [("t:0:0", 1)], 1, 60) == ["t:0:0"]
    lost.close()


def test_three_people_share_the_work(local: Local) -> None:
    """No text is given to two, nobody sees an empty queue while one is free, and what is given back goes
    out again."""
    local.write([f"Text {i} of Ada." for i in range(9)])
    got = {
        name: [item["source"] for item in local.post("/api/items/claim", {"n": 3}, person=name)["items"]]
        for name in ("ada", "grace", "barbara")
    }
    assert sorted(source for sources in got.values() for source in sources) == sorted(
        f"texts:0:{i}" for i in range(9)
    )
    local.post("/api/items/release", {"sources": got["grace"]}, person="grace")
    again = local.post("/api/items/claim", {"n": 10, "have": got["ada"]}, person="ada")["items"]
    assert sorted(item["source"] for item in again) == sorted(got["grace"])


def test_a_lease_is_renewed_by_who_has_it(tmp_path: Path) -> None:
    """Renewing says which texts are still one's own."""
    with local_console(tmp_path, lease_seconds=1) as local:
        local.write(["Ada went."])
        local.post("/api/items/claim", {"n": 1})
        assert local.post("/api/items/renew", {"sources": ["texts:0:0"]})["held"] == ["texts:0:0"]
        time.sleep(1.1)
        local.post("/api/items/claim", {"n": 1}, person="grace")
        assert local.post("/api/items/renew", {"sources": ["texts:0:0"]})["held"] == []
