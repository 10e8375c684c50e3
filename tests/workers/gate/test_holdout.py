# SPDX-License-Identifier: Apache-2.0
"""The choice of the documents that candidates are judged by."""

from __future__ import annotations

import pytest

from workers.gate import held_out
from workers.gate.holdout import chooses


def test_the_choice_never_changes() -> None:
    """These documents are held out at ten percent in every version: candidates of years ago were judged by
    them."""
    assert [i for i in range(60) if held_out(f"document-{i}", 10)] == [1, 7, 18, 26, 32, 46]


@pytest.mark.parametrize("percent", [0.5, 5, 10, 50])
def test_about_that_many_are_held_out(percent: float) -> None:
    """The share is the one asked for."""
    share = sum(held_out(f"demo:{i}", percent) for i in range(20_000)) / 200
    assert share == pytest.approx(percent, abs=1.1)


def test_none_and_all() -> None:
    """At 0 nothing is held out, at 100 everything."""
    assert not any(held_out(str(i), 0) for i in range(1000))
    assert all(held_out(str(i), 100) for i in range(1000))


def test_more_percent_keeps_what_was_held_out() -> None:
    """Raising the share moves no document from the held-out side into training."""
    assert all(held_out(str(i), 12) for i in range(5000) if held_out(str(i), 7))


def test_any_id_has_an_answer() -> None:
    """Empty ids, emoji and half surrogates are ids too."""
    assert all(held_out(name, 100) for name in ("", "🦋", "\ud800", "a" * 100_000))


def test_what_chooses_has_nothing_to_do_with_what_is_held_out() -> None:
    """Of the documents that are held out the share that chooses is the one asked for, by texts, for ever."""
    names = [str(i) for i in range(20_000) if held_out(str(i), 20)]
    assert 100 * sum(chooses(name, 40) for name in names) / len(names) == pytest.approx(40, abs=2)
    assert [i for i in range(20) if chooses(f"text {i}", 40)] == [2, 6, 8, 9, 10, 11, 13, 15, 18, 19]
    assert not any(chooses(name, 0) for name in names)
