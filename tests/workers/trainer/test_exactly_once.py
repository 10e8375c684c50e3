# SPDX-License-Identifier: Apache-2.0
"""A trainer that falls anywhere, and goes on, comes to the same bytes as one that never fell."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.file_digests import FileRecord
from workers.model_registry import Version
from workers.trainer.session import Session

from .support import TOPIC, Workshop, various_records


class FallError(Exception):
    """Stands for the end of a process."""


def fall_after(n: int) -> Callable[[str], None]:
    """Fall at the n-th place between two steps."""
    places = itertools.count(1)

    def on_step(step: str) -> None:
        if next(places) == n:
            raise FallError(step)

    return on_step


def learned_files(version: Version) -> dict[str, FileRecord]:
    """A version's files, without the config, which holds the folder's name."""
    return {name: file for name, file in version.files.items() if name != "learning/learn.cfg"}


def whole_run(folder: Path, n: int, partitions: int = 1) -> tuple[str, Session, list[str]]:
    """Digest, session and places of a run that never fell."""
    shop, places = Workshop(folder), list[str]()
    shop.send(various_records(n, partitions), partitions)
    session = shop.learn(places.append)
    return shop.digest(), session, places


def test_falls_at_ever_later_places_change_nothing(tmp_path: Path) -> None:
    """Every run falls one place later than the run before; the last one comes to the digest and the versions
    of a run without falls, and what cannot be read is one dead letter."""
    expected, session, places = whole_run(tmp_path / "whole", 32)
    assert {
        "refused",
        "consolidating",
        "learned",
        "logged",
        "commit",
        "committed",
        "noted",
        "proposed",
    } == set(places)
    shop = Workshop(tmp_path / "fallen")
    shop.send(various_records(32))
    falls = []
    for n in itertools.count(1):
        try:
            shop.learn(fall_after(n))
            break
        except FallError as fall:
            falls.append(str(fall))
    assert len(falls) > 5
    assert shop.digest() == expected
    with shop.open() as registry, Workshop(tmp_path / "whole").open() as other:
        assert [learned_files(v) for v in registry.versions()] == [learned_files(v) for v in other.versions()]
        assert registry.head().champion == other.head().champion
    assert shop.dead_letters() == [f"{TOPIC}:0:12"]
    assert session.parts.filter.counts["learned"] == 32 + 1 - session.parts.filter.counts["held_out"]


def test_partitions_are_read_in_turn_whenever_one_falls(tmp_path: Path) -> None:
    """With three partitions the order of reading is kept too."""
    expected, *_ = whole_run(tmp_path / "whole", 30, partitions=3)
    shop = Workshop(tmp_path / "fallen")
    shop.send(various_records(30, 3), 3)
    for n in (4, 9, 13):
        with pytest.raises(FallError):
            shop.learn(fall_after(n))
    shop.learn()
    assert shop.digest() == expected


def test_a_finished_run_has_nothing_more_to_do(tmp_path: Path) -> None:
    """Starting again at the end changes neither state nor versions; what comes later is learned from
    there."""
    expected, *_ = whole_run(tmp_path, 12)
    shop = Workshop(tmp_path)
    places: list[str] = []
    shop.learn(places.append)
    assert shop.digest() == expected
    assert "learned" not in places
    more = various_records(20)
    shop.send(more)
    assert shop.learn().parts.filter.counts["read"] == len(various_records(12)) + len(more)
    assert shop.digest() != expected


@pytest.mark.nightly
def test_a_fall_at_any_place_changes_nothing(tmp_path: Path) -> None:
    """One fall at each place of the run in turn."""
    expected, _, places = whole_run(tmp_path / "whole", 40)
    for n in range(1, len(places) + 1):
        shop = Workshop(tmp_path / f"fallen-{n}")
        shop.send(various_records(40))
        with pytest.raises(FallError):
            shop.learn(fall_after(n))
        shop.learn()
        assert shop.digest() == expected, f"after a fall at place {n}, {places[n - 1]}"
