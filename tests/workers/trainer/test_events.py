# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from workers.errors import WorkerError
from workers.trainer.events import SegmentEnd, read_event, save_event


@pytest.mark.parametrize(
    "entry",
    [
        ["step", [[0, 0, 3], [1, 2, 4]]],
        ["step", []],
        ["flush", [[0, 3, 4]], "time"],
        ["cut"],
        ["tutor", 7],
        ["config", "abc"],
    ],
)
def test_an_entry_is_saved_as_it_was_read(entry: list[object]) -> None:
    """Every kind of event, there and back."""
    assert save_event(read_event(entry)) == entry


@pytest.mark.parametrize("entry", [["jump", 3], ["step"], [], ["tutor", 1, 2]])
def test_an_entry_that_is_not_known_is_refused(entry: list[object]) -> None:
    """Nothing is passed over: what a newer version noted may matter."""
    with pytest.raises(WorkerError, match="expected an entry of a journal"):
        read_event(entry)


def test_only_some_ends_make_a_candidate_and_only_some_are_the_last() -> None:
    """A stop keeps what was learned for the next session; a checkpoint goes on."""
    assert [end.value for end in SegmentEnd if end.makes_candidate] == [
        "count",
        "time",
        "end",
        "consolidated",
    ]
    assert [end.value for end in SegmentEnd if end.ends_session] == ["end", "stop"]
