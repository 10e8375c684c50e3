# SPDX-License-Identifier: Apache-2.0
"""A registry that came back empty, or is another one, stops the trainer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workers.model_registry import ModelRegistry, UnknownRegistryError

from .support import Workshop, records

pytestmark = pytest.mark.redis


def learned(folder: Path) -> Workshop:
    """A folder in which something was learned."""
    shop = Workshop(folder)
    shop.send(records(10))
    shop.learn()
    return shop


def wipe(registry: ModelRegistry) -> None:
    """Lose all keys."""
    client = registry.server.client
    client.delete(*client.scan_iter(f"{registry.server.root}*", 1000))


def test_version_1_is_not_made_anew_in_an_empty_registry(tmp_path: Path) -> None:
    """The log knows that learning has begun before: the trainer says so and makes nothing; told to, it
    begins anew."""
    shop = learned(tmp_path)
    shutil.rmtree(tmp_path / "registry")
    with pytest.raises(UnknownRegistryError, match=r"freshet-learn has read 11 records .* came back empty"):
        shop.learn()
    with shop.open() as registry:
        assert registry.versions() == []
    shop.learn(learner__registry_accept=True)
    with shop.open() as registry:
        assert registry.versions() != []
    shop.learn()


def test_states_in_a_folder_belong_to_one_registry(tmp_path: Path) -> None:
    """Beside the states the trainer remembers whose they are, so that a registry that was begun by somebody
    else is noticed too."""
    shop = learned(tmp_path)
    with shop.open() as registry:
        before = registry.head().identity
        wipe(registry)
        registry.promote(registry.put(shop.model, actor="t").number, expected_epoch=0, actor="t")
    with pytest.raises(UnknownRegistryError, match=f"expected the registry {before}, whose states"):
        shop.learn()


def test_a_named_identity_is_the_only_one(tmp_path: Path) -> None:
    """The setting wins over what is there."""
    shop = learned(tmp_path)
    with pytest.raises(
        UnknownRegistryError, match=r"learner -> registry_id: expected the registry 0000, got"
    ):
        shop.learn(learner__registry_id="0000")


def test_a_registry_that_is_emptied_while_learning_stops_it(tmp_path: Path) -> None:
    """The next commit is refused, and nothing is made in the empty one."""
    shop = Workshop(tmp_path)
    shop.send(records(30))
    commits = []

    def lose(step: str) -> None:
        if step == "commit":
            commits.append(step)
            if len(commits) == 3:
                with shop.open() as registry:
                    wipe(registry)

    with pytest.raises(UnknownRegistryError, match="emptied or is another one"):
        shop.learn(lose)
    with shop.open() as registry:
        assert (registry.versions(), registry.checkpoint()) == ([], None)
