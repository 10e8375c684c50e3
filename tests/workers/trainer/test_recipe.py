# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from workers.errors import WorkerError
from workers.trainer.recipe import FOLDER, JOURNAL, Recipe, read_recipe

GOLDEN = Path(__file__).parent / "golden" / "journal.json"
"""A journal that Freshet 0.1 wrote, with every kind of entry, over three runs and two partitions."""


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


def test_a_version_without_a_journal_has_no_recipe(tmp_path: Path) -> None:
    """It came from elsewhere, and cannot be learned again."""
    with pytest.raises(WorkerError, match="expected version 3 to be one that `freshet learn` made"):
        read_recipe(tmp_path, 3)
