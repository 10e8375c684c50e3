# SPDX-License-Identifier: Apache-2.0
"""Which corrections pass, in any order and however often they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas import Correction, Source
from workers.corrections import Decision, Memory, decide


def correction(name: str, supersedes: str | None = None) -> Correction:
    """A correction of no content."""
    return Correction(name, "ada", "", "m-1", "Hi", {}, supersedes=supersedes)


def at(offset: int, partition: int = 0) -> Source:
    """A place in the corrections topic."""
    return Source("corrections", partition, offset)


def test_an_id_passes_once() -> None:
    """Whatever its place is."""
    memory = Memory()
    assert decide(correction("a"), at(0), memory) is Decision.valid
    assert decide(correction("a"), at(1), memory) is Decision.duplicate
    assert decide(correction("a"), at(0, partition=1), memory) is Decision.duplicate


def test_a_superseded_revision_that_comes_later_is_dropped() -> None:
    """The newer one stands already; learning the older one would undo it."""
    memory = Memory()
    assert decide(correction("b", supersedes="a"), at(0), memory) is Decision.valid
    assert decide(correction("a"), at(1), memory) is Decision.superseded


def test_a_superseded_revision_that_came_earlier_has_passed_and_passes_again() -> None:
    """After a crash its record is read once more, with the later one known already: the answer stays the
    same."""
    memory = Memory()
    decide(correction("a"), at(0), memory)
    decide(correction("b", supersedes="a"), at(1), memory)
    assert decide(correction("a"), at(0), memory) is Decision.valid


def test_only_so_many_ids_are_remembered() -> None:
    """The oldest goes first."""
    memory = Memory(max_ids=2)
    for i, name in enumerate("abc"):
        decide(correction(name), at(i), memory)
    assert list(memory.first) == ["b", "c"]
    assert decide(correction("a"), at(3), memory) is Decision.valid


stream = st.lists(st.tuples(st.sampled_from("abcde"), st.none() | st.sampled_from("abcde")), max_size=20)


@given(stream, st.lists(st.integers(0, 20), max_size=4))
def test_a_crash_anywhere_changes_no_answer(rows: list[tuple[str, str | None]], crashes: list[int]) -> None:
    """However often a stream goes back, with its memory kept, every record has the answer of the first
    time."""
    records = [(correction(name, supersedes), at(i)) for i, (name, supersedes) in enumerate(rows)]
    once = Memory()
    answers = [decide(*record, once) for record in records]
    memory = Memory()
    done: list[Decision] = []
    for crash in [*sorted(crash % (len(records) + 1) for crash in crashes), len(records)]:
        done = [decide(*record, memory) for record in records[:crash]]
    assert done == answers
