# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

from workers.trainer.held_back import HeldBack

from .support import correction


def test_what_is_released_comes_in_its_order_and_once() -> None:
    """Of the author alone; whole."""
    held = HeldBack()
    sent = [correction(i, author="ada" if i % 2 else "bo") for i in range(4)]
    for one in sent:
        held.add(one)
    assert held.release("ada") == [sent[1], sent[3]]
    assert held.release("ada") == []
    assert held.count("bo") == 2


def test_a_revision_takes_the_place_of_its_authors_own() -> None:
    """Nobody takes the place of another's."""
    held = HeldBack()
    held.add(correction(1))
    held.add(correction(1, correction_id="b", supersedes="c1"))
    held.add(correction(1, correction_id="c", supersedes="b", author="bo"))
    assert list(held.kept) == ["b", "c"]


def test_only_the_newest_are_kept_and_the_others_are_counted() -> None:
    """Through a state, too."""
    held = HeldBack(limit=2)
    for i in range(5):
        held.add(correction(i))
    other = HeldBack(limit=2)
    other.load_state(json.loads(json.dumps(held.state())))
    assert [one.correction_id for one in other.release("ada")] == ["c3", "c4"]
    assert held.forgotten == {"ada": 3}
