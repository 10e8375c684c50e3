# SPDX-License-Identifier: Apache-2.0
"""Which corrections pass, in any order and however often they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas import Correction, Source
from workers.corrections import Decision, SeenIds


def correction(name: str, supersedes: str | None = None) -> Correction:
    """A correction of no content."""
    return Correction(name, "ada", "", "m-1", "Hi", {}, supersedes=supersedes)


def at(offset: int, partition: int = 0) -> Source:
    """A place in the corrections topic."""
    return Source("corrections", partition, offset)


def test_an_id_passes_once() -> None:
    """Whatever its place is."""
    seen = SeenIds()
    assert seen.decide(correction("a"), at(0)) is Decision.valid
    assert seen.decide(correction("a"), at(1)) is Decision.duplicate
    assert seen.decide(correction("a"), at(0, partition=1)) is Decision.duplicate


def test_a_superseded_revision_that_comes_later_is_dropped() -> None:
    """The newer one stands already; learning the older one would undo it."""
    seen = SeenIds()
    assert seen.decide(correction("b", supersedes="a"), at(0)) is Decision.valid
    assert seen.decide(correction("a"), at(1)) is Decision.superseded


def test_a_superseded_revision_that_came_earlier_has_passed_and_passes_again() -> None:
    """After a crash its record is read once more, with the later one known already: the answer stays the
    same."""
    seen = SeenIds()
    seen.decide(correction("a"), at(0))
    seen.decide(correction("b", supersedes="a"), at(1))
    assert seen.decide(correction("a"), at(0)) is Decision.valid


def test_only_so_many_ids_are_remembered() -> None:
    """The oldest goes first."""
    seen = SeenIds(max_ids=2)
    for i, name in enumerate("abc"):
        seen.decide(correction(name), at(i))
    assert list(seen.first) == ["b", "c"]
    assert seen.decide(correction("a"), at(3)) is Decision.valid


stream = st.lists(st.tuples(st.sampled_from("abcde"), st.none() | st.sampled_from("abcde")), max_size=20)


@given(stream, st.lists(st.integers(0, 20), max_size=4))
def test_a_crash_anywhere_changes_no_answer(rows: list[tuple[str, str | None]], crashes: list[int]) -> None:
    """However often a stream goes back, with its memory kept, every record has the answer of the first
    time."""
    records = [(correction(name, supersedes), at(i)) for i, (name, supersedes) in enumerate(rows)]
    once = SeenIds()
    answers = [once.decide(*record) for record in records]
    seen = SeenIds()
    done: list[Decision] = []
    for crash in [*sorted(crash % (len(records) + 1) for crash in crashes), len(records)]:
        done = [seen.decide(*record) for record in records[:crash]]
    assert done == answers
