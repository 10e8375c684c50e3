# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from workers.errors import WorkerError
from workers.trainer.events import AdoptEvent
from workers.trainer.recipe import read_recipe
from workers.trainer.reproduce import reproduce_version

from .support import Workshop, records, various_records


def test_a_version_learned_again_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    """Over several sittings, with changes of the teacher and a fall between; also the versions before it."""
    shop = Workshop(tmp_path)
    sent = various_records(48, partitions=2)
    shop.send(sent[:25], 2)
    shop.learn()
    shop.send(sent[25:], 2)
    shop.learn()
    with shop.open() as registry:
        learned = [version.number for version in registry.versions() if version.lineage.offsets]
        assert len(learned) >= 2
        for number in (learned[0], learned[-1]):
            done = reproduce_version(registry, number, broker=shop.broker)
            assert done.same
            assert done.corrections > 0


def test_a_candidate_with_a_share_of_the_champion_is_the_same_too(tmp_path: Path) -> None:
    """The share, and whose it is, stand in its recipe; so do consolidations in its journal."""
    shop = Workshop(tmp_path)
    shop.send(records(30))
    session = shop.learn(
        learner__champion_shares=[0.25], learner__choosing_percent=0.0, learner__grow_labels=[]
    )
    assert any(isinstance(event, AdoptEvent) for event in session.stream.journal.events)
    with shop.open() as registry:
        last = registry.versions()[-1]
        recipe = read_recipe(registry.fetch(last.number, tmp_path / "last"), last.number)
        assert recipe.mix.share == 0.25
        assert recipe.mix.version == last.parent
        assert reproduce_version(registry, last.number, broker=shop.broker).same


def test_a_version_that_nobody_learned_cannot_be_learned_again(tmp_path: Path) -> None:
    """The first champion came from elsewhere."""
    shop = Workshop(tmp_path)
    shop.send(various_records(2))
    shop.learn()
    with shop.open() as registry, pytest.raises(WorkerError, match="to be one that `freshet learn` made"):
        reproduce_version(registry, 1)
