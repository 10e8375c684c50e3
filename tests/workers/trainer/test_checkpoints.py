# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workers.model_registry import StaleWriterError, StaleHeadError, open_registry
from workers.trainer.checkpoints import Checkpoints, MemoryCheckpoints, RegistryCheckpoints
from workers.transports import TransportError
from workers.transports.embedded.transport import EmbeddedTransport

from .support import TOPIC, Workshop, records

Open = Callable[[], Checkpoints]
FILES = {"weights/ner.safetensors": b"weights", "state.json": b"{}"}


@pytest.fixture(params=["memory", "registry"])
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Makes users of one and the same place."""
    if request.param == "memory":
        shelf, fences = {}, [0]
        yield lambda: MemoryCheckpoints(shelf, fences)
        return
    with open_registry(f"embedded:{tmp_path}") as registry:
        yield lambda: RegistryCheckpoints(registry)


def test_a_state_comes_back_whole(another: Open) -> None:
    """Files and digest of the last commit; before any there is none; the same commit again changes
    nothing."""
    keeper = another()
    keeper.begin()
    assert keeper.load() is None
    keeper.commit(None, "one", {"t:0": 5}, FILES)
    keeper.commit(None, "one", {"t:0": 5}, FILES)
    keeper.commit("one", "two", {"t:0": 9}, {**FILES, "state.json": b"[]"})
    found = another().load()
    assert found is not None
    assert (found[0], dict(found[1])) == ("two", {**FILES, "state.json": b"[]"})


def test_an_older_trainer_is_refused(another: Open) -> None:
    """Who took over last is the only one who may commit; the other's work is lost, not mixed in."""
    old, new = another(), another()
    old.begin()
    old.commit(None, "one", {}, FILES)
    new.begin()
    with pytest.raises(StaleWriterError):
        old.commit("one", "zombie", {}, FILES)
    new.commit("one", "two", {}, FILES)
    assert (another().load() or ("",))[0] == "two"


def test_a_state_follows_the_one_before(another: Open) -> None:
    """A commit on top of another state than the last one is refused."""
    keeper = another()
    keeper.begin()
    keeper.commit(None, "one", {}, FILES)
    with pytest.raises(StaleHeadError):
        keeper.commit("other", "two", {}, FILES)


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
    log = EmbeddedTransport(tmp_path / "log" / "log.sqlite")
    log.admin().delete_topic(TOPIC)
    shop.send(records(3))
    with pytest.raises(TransportError, match="was the topic made anew"):
        shop.learn()


def test_only_lag_is_left_with_the_group(tmp_path: Path) -> None:
    """The group's offsets show how far learning is; whoever changes them changes nothing."""
    shop = Workshop(tmp_path)
    shop.send(records(10))
    shop.learn()
    digest = shop.digest()
    log = EmbeddedTransport(tmp_path / "log" / "log.sqlite")
    (lag,) = log.admin().group_lag("freshet-learn", [TOPIC])
    assert (lag.committed, lag.lag) == (11, 0)
    log.partitions(TOPIC, "freshet-learn").note({0: 2})
    shop.learn()
    assert shop.digest() == digest
