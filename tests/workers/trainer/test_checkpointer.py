# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from workers.model_registry import StaleWriterError
from workers.transports import TransportError

from .support import TOPIC, Workshop, records


def test_a_second_trainer_fences_the_first_one(tmp_path: Path) -> None:
    """In the midst of learning: the first ends with an error at its next commit, the second one's state
    stands."""
    shop = Workshop(tmp_path)
    shop.send(records(16))

    def take_over(step: str) -> None:
        if step == "commit":
            shop.learn()

    with pytest.raises(StaleWriterError):
        shop.learn(take_over)
    digest = shop.digest()
    shop.learn()
    assert shop.digest() == digest


def test_lost_records_stop_the_trainer(tmp_path: Path) -> None:
    """A topic that was made anew holds less than was learned already: nothing is skipped in silence."""
    shop = Workshop(tmp_path)
    shop.send(records(10))
    shop.learn()
    with closing(shop.log()) as log, closing(log.admin()) as admin:
        admin.delete_topic(TOPIC)
    shop.send(records(3))
    with pytest.raises(TransportError, match="was the topic made anew"):
        shop.learn()


def test_only_lag_is_left_with_the_group(tmp_path: Path) -> None:
    """The group's offsets show how far learning is; whoever changes them changes nothing."""
    shop = Workshop(tmp_path)
    shop.send(records(10))
    shop.learn()
    digest = shop.digest()
    with closing(shop.log()) as log, closing(log.admin()) as admin:
        (lag,) = admin.group_lag("freshet-learn", [TOPIC])
        assert (lag.committed, lag.lag) == (11, 0)
        log.partitions(TOPIC, "freshet-learn").note({0: 2})
    shop.learn()
    assert shop.digest() == digest
