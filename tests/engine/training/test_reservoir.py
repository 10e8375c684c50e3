# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections import Counter

import pytest

from engine.errors import EngineError
from engine.training.reservoir import Reservoir


def filled(n_base: int, n_stream: int, **settings: float) -> Reservoir[str]:
    """A reservoir that was offered so many items of both kinds."""
    reservoir: Reservoir[str] = Reservoir(
        int(settings.get("capacity", 20)), settings.get("base_share", 0.2), int(settings.get("seed", 0))
    )
    for i in range(n_base):
        reservoir.add_base(f"b{i}", f"base {i}")
    for i in range(n_stream):
        reservoir.add(f"s{i}", f"stream {i}")
    return reservoir


def test_the_base_keeps_its_share_whatever_the_stream_brings() -> None:
    """The base fills all slots at first and is never pushed below its share."""
    assert len(filled(50, 0).base) == 20
    assert len(filled(50, 3).base) == 17
    reservoir = filled(50, 1000)
    assert (len(reservoir.base), len(reservoir.stream), len(reservoir)) == (4, 16, 20)


def test_every_item_of_the_stream_has_the_same_chance() -> None:
    """Over many seeds, early and late items are kept about equally often."""
    kept: Counter[str] = Counter()
    for seed in range(300):
        kept.update(filled(0, 40, capacity=10, base_share=0.0, seed=seed).stream.keys())
    assert sum(kept.values()) == 3000
    assert all(45 <= kept[f"s{i}"] <= 110 for i in range(40))  # 75 expected; the deviation is 7.5


def test_a_revision_takes_the_place_of_what_it_supersedes() -> None:
    """The old item is never drawn again, and the number of items stays."""
    reservoir = filled(0, 10)
    reservoir.add("new", "revised", supersedes="s3")
    assert "s3" not in reservoir.stream
    assert reservoir.stream["new"] == "revised"
    assert len(reservoir) == 10
    reservoir.add("new", "again")
    assert (reservoir.stream["new"], len(reservoir)) == ("again", 10)


def test_a_sample_has_no_item_twice() -> None:
    """Draws are without replacement; a small reservoir gives all that it has."""
    reservoir = filled(5, 30)
    assert len(set(reservoir.sample(15))) == 15
    assert len(reservoir.sample(500)) == 20
    assert Reservoir(3).sample(2) == []


def test_a_restored_reservoir_goes_on_alike() -> None:
    """State through JSON and back: the same later draws and evictions."""
    first = filled(30, 30)
    second: Reservoir[str] = Reservoir(20, 0.2, seed=99)
    second.load_state(json.loads(json.dumps(first.state(lambda item: item))), lambda key, kept: kept)
    for reservoir in (first, second):
        for i in range(100):
            reservoir.add(f"t{i}", f"later {i}")
    assert first.sample(7) == second.sample(7)
    assert first.state(str) == second.state(str)


def test_impossible_settings_are_refused() -> None:
    """A reservoir that is all base could not learn."""
    with pytest.raises(EngineError, match="base_share from 0 to below 1"):
        Reservoir(10, 1.0)
