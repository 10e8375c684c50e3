# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from workers.errors import WorkerError
from workers.trainer.reproduce import reproduce_version

from .support import Workshop, various_records


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


def test_a_version_that_nobody_learned_cannot_be_learned_again(tmp_path: Path) -> None:
    """The first champion came from elsewhere."""
    shop = Workshop(tmp_path)
    shop.send(various_records(2))
    shop.learn()
    with shop.open() as registry, pytest.raises(WorkerError, match="to be one that `freshet learn` made"):
        reproduce_version(registry, 1)
