# SPDX-License-Identifier: Apache-2.0
"""What was done, noted as it happens, saved and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workers.errors import WorkerError
from workers.trainer.events import (
    CheckpointEvent,
    ConfigEvent,
    FlushEvent,
    ReadRange,
    SegmentEnd,
    StepEvent,
    TeacherEvent,
    moves,
    read_event,
)
from workers.trainer.journal import Journal
from workers.trainer.recipe import FOLDER, JOURNAL, Recipe, read_recipe

GOLDEN = Path(__file__).parent / "golden" / "journal.json"
"""A journal that Freshet 0.1 wrote, with every kind of entry, over three runs and two partitions."""


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


def test_a_journal_of_an_earlier_version_is_read_and_written_byte_for_byte(tmp_path: Path) -> None:
    """Versions that were learned before the events were values can be learned again, and go on."""
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / JOURNAL).write_bytes(GOLDEN.read_bytes())
    (tmp_path / FOLDER / "learn.cfg").write_text("[training]\n")
    recipe = read_recipe(tmp_path, 5)
    again = Recipe(recipe.config, recipe.topic, recipe.journal, recipe.digest)
    again.write(tmp_path)
    assert (tmp_path / FOLDER / JOURNAL).read_bytes() == GOLDEN.read_bytes()
    assert recipe.journal.bounds() == {0: (0, 40), 1: (0, 39)}
    kinds = {event.kind for event in recipe.journal.events}
    assert kinds == {"step", "flush", "cut", "tutor", "config"}


@pytest.mark.parametrize("entry", [["jump", 3], ["step"], [], ["tutor", 1, 2]])
def test_an_entry_that_is_not_known_is_refused(entry: list[object]) -> None:
    """Nothing is passed over: what a newer version noted may matter."""
    with pytest.raises(WorkerError, match="expected an entry of a journal"):
        read_event(entry)


def test_an_entry_is_saved_as_it_was_read() -> None:
    """For every entry of the golden journal, and the whole of it."""
    values = json.loads(GOLDEN.read_bytes())
    journal = Journal.from_saved(values["start"], values["first"], values["entries"])
    assert journal.saved() == {key: values[key] for key in ("start", "first", "entries")}
