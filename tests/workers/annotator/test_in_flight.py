# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.annotator.in_flight import InFlight, OffsetRange
from workers.transports.base import OutgoingRecord, Position, Record, TopicPartition

A, B = TopicPartition("t", 0), TopicPartition("t", 1)


def record(place: TopicPartition, offset: int) -> Record:
    """A record at a place."""
    return Record(*place, offset, 0, None, b"")


def opened(in_flight: InFlight, place: TopicPartition, offsets: range, epoch: int = 1) -> OffsetRange:
    """A run of these offsets, taken in."""
    run = OffsetRange(place, epoch, 0.0)
    assert in_flight.open(run)
    in_flight.extend(run, [record(place, offset) for offset in offsets], len(offsets))
    return run


def finish(in_flight: InFlight, run: OffsetRange) -> None:
    """Answer all records of a run."""
    in_flight.finish(run, [OutgoingRecord("out", b"") for _ in run.records], {})


def test_only_what_has_no_gap_before_it_is_ready() -> None:
    """A run is held back until the runs before it in its partition are finished; other partitions do not wait
    for it."""
    in_flight = InFlight()
    first, second, other = (
        opened(in_flight, A, range(5)),
        opened(in_flight, A, range(5, 9)),
        opened(in_flight, B, range(3)),
    )
    finish(in_flight, second)
    finish(in_flight, other)
    assert in_flight.take_ready() == [other]
    finish(in_flight, first)
    assert in_flight.take_ready() == [first, second]
    assert second.position == Position(9, 1)


@given(
    st.lists(st.tuples(st.sampled_from([A, B]), st.integers(1, 4)), max_size=12),
    st.randoms(use_true_random=False),
)
def test_ready_ranges_are_each_partitions_in_order_whatever_the_order_of_finishing(sizes, random) -> None:
    """For every order of finishing, what is given out has no gap, in order, and all of it comes out once."""
    in_flight, ends, runs = InFlight(), {A: 0, B: 0}, []
    for place, n in sizes:
        runs.append(opened(in_flight, place, range(ends[place], ends[place] + n)))
        ends[place] += n
    random.shuffle(runs)
    given_out: dict[TopicPartition, list[int]] = {A: [], B: []}
    for run in runs:
        finish(in_flight, run)
        ready = in_flight.take_ready()
        for part in ready:
            given_out[part.topic_partition] += [r.offset for r in part.records]
        in_flight.release(ready)
    assert given_out == {place: list(range(end)) for place, end in ends.items()}
    assert (in_flight.n_tokens, in_flight.n_records) == (0, 0)


def test_ranges_of_a_lost_epoch_are_dropped() -> None:
    """Runs of partitions that are lost, or that came back under another epoch, are dropped and their late
    answers ignored."""
    in_flight = InFlight()
    lost, kept, stale = (
        opened(in_flight, A, range(3), 1),
        opened(in_flight, B, range(2), 7),
        opened(in_flight, TopicPartition("t", 2), range(4), 3),
    )
    assert in_flight.retain({B: 7, TopicPartition("t", 2): 4}) == 7
    for run in (lost, kept, stale):
        finish(in_flight, run)
    assert in_flight.take_ready() == [kept]
    assert in_flight.n_records == 2


def test_after_a_failed_commit_nothing_is_taken_in_before_the_restart() -> None:
    """Between a failed commit and the rewind records are refused: they would be committed over those that
    failed."""
    in_flight = InFlight()
    failed, later = opened(in_flight, A, range(3)), opened(in_flight, A, range(3, 6))
    finish(in_flight, failed)
    finish(in_flight, later)
    in_flight.halt(in_flight.take_ready())
    assert not in_flight.open(OffsetRange(A, 1, 0.0))
    assert in_flight.take_ready() == []
    assert (in_flight.halted, in_flight.n_tokens) == (True, 0)
    in_flight.restart()
    again = opened(in_flight, A, range(3), epoch=2)
    finish(in_flight, again)
    assert in_flight.take_ready() == [again]


def test_a_run_wants_one_answer_for_each_record() -> None:
    """Answers that are too few are a bug, never a silent loss."""
    in_flight = InFlight()
    run = opened(in_flight, A, range(3))
    with pytest.raises(AssertionError, match="expected 3 outputs, got 1; this is a bug in Freshet"):
        in_flight.finish(run, [OutgoingRecord("out", b"")], {})


def test_abandoned_runs_leave_those_before_them() -> None:
    """Runs that nobody began can be dropped; what was begun before them is still committed."""
    in_flight = InFlight()
    begun, waiting = opened(in_flight, A, range(3)), opened(in_flight, A, range(3, 6))
    in_flight.abandon([waiting])
    finish(in_flight, begun)
    assert in_flight.take_ready() == [begun]
    in_flight.release([begun])
    assert in_flight.n_records == 0


def large(in_flight: InFlight, place: TopicPartition, offset: int) -> OffsetRange:
    """A single long text, taken in."""
    run = OffsetRange(place, 1, 0.0, large=True)
    assert in_flight.open(run)
    in_flight.extend(run, [record(place, offset)], 1)
    return run


def test_what_is_behind_a_large_text_may_overtake_it() -> None:
    """Its position stays before the large one and says what is done behind it; the next passes over it."""
    in_flight = InFlight()
    before, long, behind, later = (
        opened(in_flight, A, range(3)),
        large(in_flight, A, 3),
        opened(in_flight, A, range(4, 6)),
        opened(in_flight, A, range(8, 9)),
    )
    for run in (before, behind, later):
        finish(in_flight, run)
    ready = in_flight.take_ready(overtake=True)
    assert ready == [before, behind, later]
    assert {run.position for run in ready} == {Position(3, 1, ((4, 9),))}
    in_flight.release(ready)
    assert in_flight.n_records == 1
    finish(in_flight, long)
    ready = in_flight.take_ready(overtake=True)
    assert [run.position.offset for run in ready] == [4, 9]
    assert [len(run.records) for run in ready] == [1, 0]
    in_flight.release(ready)
    assert in_flight.n_records == in_flight.n_tokens == 0
    assert in_flight.places() == set()


def test_what_was_written_stays_noted_until_the_large_text_is_done() -> None:
    """Each position of the partition says it again: a commit replaces what stood beside the last one."""
    in_flight = InFlight()
    first, second = large(in_flight, A, 0), opened(in_flight, A, range(1, 3))
    third, behind = large(in_flight, A, 3), opened(in_flight, A, range(4, 6))
    finish(in_flight, second)
    in_flight.release(in_flight.take_ready(overtake=True))
    finish(in_flight, behind)
    ready = in_flight.take_ready(overtake=True)
    assert ready == [behind]
    assert behind.position == Position(0, 1, ((1, 3), (4, 6)))
    in_flight.release(ready)
    finish(in_flight, first)
    ready = in_flight.take_ready(overtake=True)
    assert ready[-1].position == Position(3, 1, ((4, 6),))
    assert third in in_flight.take_ready(overtake=True) or third.outgoing is None


def test_without_a_consumer_that_keeps_it_nothing_overtakes() -> None:
    """Everything waits for its turn."""
    in_flight = InFlight()
    large(in_flight, A, 0)
    behind = opened(in_flight, A, range(1, 3))
    finish(in_flight, behind)
    assert in_flight.take_ready() == []


def test_what_overtook_is_dropped_once_after_a_failed_commit() -> None:
    """It is counted once, and read again."""
    in_flight = InFlight()
    large(in_flight, A, 0)
    behind = opened(in_flight, A, range(1, 3))
    finish(in_flight, behind)
    in_flight.halt(in_flight.take_ready(overtake=True))
    assert in_flight.n_records == in_flight.n_tokens == 0
    in_flight.restart()
    assert in_flight.places() == set()


def test_so_many_gaps_are_kept_and_no_more() -> None:
    """What would not fit beside a committed offset waits."""
    in_flight = InFlight()
    large(in_flight, A, 0)
    for offset in range(1, 400, 2):
        finish(in_flight, opened(in_flight, A, range(offset, offset + 1)))
        large(in_flight, A, offset + 1)
    assert in_flight.take_ready(overtake=True) == []


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 3), st.booleans()), min_size=1, max_size=10),
    st.lists(st.integers(0, 11), max_size=24),
)
def test_at_any_moment_what_is_not_written_would_be_done_again_and_nothing_else(sizes, steps) -> None:
    """Whatever the order of finishing, committing and giving up: what a successor reads, by the last position
    and what stands beside it, is all that was not written."""
    in_flight, runs, end, written = InFlight(), [], 0, set()
    position = Position(0, 1)
    for is_large, n, _ in sizes:
        runs.append(large(in_flight, A, end) if is_large else opened(in_flight, A, range(end, end + n)))
        end += 1 if is_large else n
    unbegun = [run for run, (_, _, begun) in zip(runs, sizes, strict=True) if not begun]
    for step in steps:
        if step == 11:
            in_flight.abandon(unbegun)
        elif step == 10:
            ready = in_flight.take_ready(overtake=True)
            written |= {each.offset for run in ready for each in run.records}
            position = ready[-1].position if ready else position
            in_flight.release(ready)
        elif step < len(runs) and runs[step].outgoing is None and runs[step] not in unbegun:
            finish(in_flight, runs[step])
        again = {o for o in range(position.offset, end) if not any(a <= o < b for a, b in position.done)}
        assert written | again == set(range(end))
        assert written & again == set()


def test_what_passed_is_one_span_however_many_passed() -> None:
    """A long text may let thousands of others pass."""
    in_flight = InFlight()
    long = large(in_flight, A, 0)
    for offset in range(1, 50):
        finish(in_flight, opened(in_flight, A, range(offset, offset + 1)))
        in_flight.release(in_flight.take_ready(overtake=True))
    finish(in_flight, long)
    assert [run.span for run in in_flight.take_ready(overtake=True)] == [(0, 1), (1, 50)]
