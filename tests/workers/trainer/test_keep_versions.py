# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from workers.trainer.events import TeacherEvent
from workers.trainer.reproduce import reproduce_version

from .support import Workshop, records


def test_only_the_newest_versions_keep_their_files(tmp_path: Path) -> None:
    """With a limit a trainer that proposes often does not fill the registry; what it takes to learn the last
    version again stays."""
    shop = Workshop(tmp_path)
    shop.send(records(80))
    session = shop.learn(
        learner__candidate_every=10, learner__keep_versions=1, learner__gate__max_size_ratio=0.1
    )
    with shop.open() as registry:
        versions = registry.versions()
        assert len(versions) > 4
        kept = {version.number for version in versions if not version.collected}
        assert kept == {1, versions[-1].number}
    session = shop.learn()
    shop.send(records(160)[83:])
    session = shop.learn(learner__candidate_every=10, learner__keep_versions=1)
    taught = {e.version for e in session.stream.journal.events if isinstance(e, TeacherEvent)}
    with shop.open() as registry:
        last = registry.versions()[-1]
        assert taught
        for number in {1, last.number, *taught}:
            registry.verify(number)


def test_a_version_is_learned_again_after_others_went(tmp_path: Path) -> None:
    """Every teacher of the journal is still there."""
    shop = Workshop(tmp_path)
    shop.send(records(60))
    shop.learn(learner__candidate_every=10, learner__keep_versions=1)
    with shop.open() as registry:
        found = reproduce_version(registry, registry.versions()[-1].number, broker=shop.broker)
    assert found.same
