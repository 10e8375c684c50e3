# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from workers.trainer.events import (
    CheckpointEvent,
    ConfigEvent,
    FlushEvent,
    ReadRange,
    SegmentEnd,
    StepEvent,
    TeacherEvent,
    moves,
)
from workers.trainer.journal import Journal


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
