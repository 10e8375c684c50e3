# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from workers.trainer.events import (
    CheckpointEvent,
    ConfigEvent,
    Event,
    FlushEvent,
    ReadRange,
    SegmentEnd,
    StepEvent,
    TeacherEvent,
    moves,
)
from workers.trainer.journal import Journal
from workers.trainer.saved_events import save_events


def test_ranges_that_follow_each_other_become_one() -> None:
    """In one partition; another partition between them keeps them apart."""
    journal = Journal()
    for covered in (ReadRange(1, 0, 1), ReadRange(0, 0, 1), ReadRange(0, 1, 2)):
        journal.add_read(covered)
    journal.add_step()
    assert journal.events == [StepEvent((ReadRange(1, 0, 1), ReadRange(0, 0, 2)))]


def test_what_is_done_stands_in_its_order() -> None:
    """Ranges belong to the step or the flush that follows them; single moves come range by range."""
    journal = Journal()
    journal.add_read(ReadRange(0, 0, 3))
    journal.add_step()
    journal.add_checkpoint()
    journal.add_read(ReadRange(0, 3, 4))
    journal.add_flush(SegmentEnd.TIME)
    journal.add_step()
    journal.add_teacher(7)
    journal.add_config("abc")
    assert list(moves(journal.events)) == [
        ReadRange(0, 0, 3),
        StepEvent((ReadRange(0, 0, 3),)),
        CheckpointEvent(),
        ReadRange(0, 3, 4),
        FlushEvent((ReadRange(0, 3, 4),), SegmentEnd.TIME),
        StepEvent(),
        TeacherEvent(7),
        ConfigEvent("abc"),
    ]
    assert journal.bounds() == {0: (0, 4)}


def test_a_journal_that_is_saved_on_the_way_is_the_one_that_is_saved_at_the_end() -> None:
    """Whatever stands between two savings: entries are made once, and no run of steps is cut by it."""
    often, at = Journal(), 0
    for number in range(60):
        often.add_read(ReadRange(0, at, at + 1 + number % 3))
        at += 1 + number % 3
        often.add_step()
        if number % 7 == 0:
            often.add_step()
        if number % 13 == 12:
            often.add_checkpoint()
        if number % 17 == 16:
            often.add_flush(SegmentEnd.TIME)
        if number % 5 == 0:
            assert often.saved() == often.saved()
    assert often.saved()["entries"] == save_events(often.events)
    saved = often.saved()
    again = Journal.from_saved(saved["start"], saved["first"], saved["entries"])
    assert again == often
    again.add_step()
    assert again.saved()["entries"] == save_events(again.events)


def test_a_saving_writes_what_came_since_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event is made an entry once, but for the run that is still open."""
    made = list[int]()

    def count(events: list[Event]) -> list[list[Any]]:
        made.append(len(events))
        return save_events(events)

    monkeypatch.setattr("workers.trainer.journal.save_events", count)
    journal = Journal()
    for number in range(1000):
        journal.add_read(ReadRange(0, number, number + 1))
        journal.add_step()
        if number % 10 == 9:
            journal.add_checkpoint()
            journal.saved()
    assert sum(made) == 1100
