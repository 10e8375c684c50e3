# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workers.model_registry import StaleHeadError, StaleWriterError, open_registry
from workers.trainer.checkpoints import Checkpoints

Open = Callable[[], Checkpoints]
FILES = {"weights/ner.safetensors": b"weights", "state.json": b"{}"}


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Open]:
    """Makes users of one and the same registry."""
    with open_registry(f"embedded:{tmp_path}") as registry:
        yield lambda: Checkpoints(registry)


def test_a_state_comes_back_whole(another: Open) -> None:
    """Files and digest of the last commit; before any there is none; the same commit again changes
    nothing."""
    checkpoints = another()
    checkpoints.take_over()
    assert checkpoints.load() is None
    checkpoints.commit(None, "one", {"t:0": 5}, FILES)
    checkpoints.commit(None, "one", {"t:0": 5}, FILES)
    checkpoints.commit("one", "two", {"t:0": 9}, {**FILES, "state.json": b"[]"})
    found = another().load()
    assert found is not None
    assert (found[0], dict(found[1])) == ("two", {**FILES, "state.json": b"[]"})


def test_an_older_trainer_is_refused(another: Open) -> None:
    """Who took over last is the only one who may commit; the other's work is lost, not mixed in."""
    old, new = another(), another()
    old.take_over()
    old.commit(None, "one", {}, FILES)
    new.take_over()
    with pytest.raises(StaleWriterError):
        old.commit("one", "zombie", {}, FILES)
    new.commit("one", "two", {}, FILES)
    assert (another().load() or ("",))[0] == "two"


def test_a_state_follows_the_one_before(another: Open) -> None:
    """A commit on top of another state than the last one is refused."""
    checkpoints = another()
    checkpoints.take_over()
    checkpoints.commit(None, "one", {}, FILES)
    with pytest.raises(StaleHeadError):
        checkpoints.commit("other", "two", {}, FILES)
