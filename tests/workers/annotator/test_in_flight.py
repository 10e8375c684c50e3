# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.annotator.in_flight import Run, RunTracker
from workers.transports.base import OutgoingRecord, Position, Record, TopicPartition

A, B = TopicPartition("t", 0), TopicPartition("t", 1)


def record(place: TopicPartition, offset: int) -> Record:
    """A record at a place."""
    return Record(*place, offset, 0, None, b"")


def opened(tracker: RunTracker, place: TopicPartition, offsets: range, epoch: int = 1) -> Run:
    """A run of these offsets, taken in."""
    run = Run(place, epoch, 0.0)
    assert tracker.open(run)
    tracker.extend(run, [record(place, offset) for offset in offsets], len(offsets))
    return run


def finish(tracker: RunTracker, run: Run) -> None:
    """Answer all records of a run."""
    tracker.finish(run, [OutgoingRecord("out", b"") for _ in run.records], {})


def test_only_what_has_no_gap_before_it_is_ready() -> None:
    """A run is held back until the runs before it in its partition are finished; other partitions do not wait
    for it."""
    tracker = RunTracker()
    first, second, other = (
        opened(tracker, A, range(5)),
        opened(tracker, A, range(5, 9)),
        opened(tracker, B, range(3)),
    )
    finish(tracker, second)
    finish(tracker, other)
    assert tracker.take_ready() == [other]
    finish(tracker, first)
    assert tracker.take_ready() == [first, second]
    assert second.position == Position(9, 1)


@given(
    st.lists(st.tuples(st.sampled_from([A, B]), st.integers(1, 4)), max_size=12),
    st.randoms(use_true_random=False),
)
def test_ready_runs_are_each_partitions_in_order_whatever_the_order_of_finishing(sizes, random) -> None:
    """For every order of finishing, what is given out has no gap, in order, and all of it comes out once."""
    tracker, ends, runs = RunTracker(), {A: 0, B: 0}, []
    for place, n in sizes:
        runs.append(opened(tracker, place, range(ends[place], ends[place] + n)))
        ends[place] += n
    random.shuffle(runs)
    given_out: dict[TopicPartition, list[int]] = {A: [], B: []}
    for run in runs:
        finish(tracker, run)
        ready = tracker.take_ready()
        for part in ready:
            given_out[part.topic_partition] += [r.offset for r in part.records]
        tracker.release(ready)
    assert given_out == {place: list(range(end)) for place, end in ends.items()}
    assert (tracker.n_tokens, tracker.n_records) == (0, 0)


def test_runs_of_a_lost_epoch_are_dropped() -> None:
    """Runs of partitions that are lost, or that came back under another epoch, are dropped and their late
    answers ignored."""
    tracker = RunTracker()
    lost, kept, stale = (
        opened(tracker, A, range(3), 1),
        opened(tracker, B, range(2), 7),
        opened(tracker, TopicPartition("t", 2), range(4), 3),
    )
    assert tracker.retain({B: 7, TopicPartition("t", 2): 4}) == 7
    for run in (lost, kept, stale):
        finish(tracker, run)
    assert tracker.take_ready() == [kept]
    assert tracker.n_records == 2


def test_after_a_failed_commit_nothing_is_taken_in_before_the_restart() -> None:
    """Between a failed commit and the rewind records are refused: they would be committed over those that
    failed."""
    tracker = RunTracker()
    failed, later = opened(tracker, A, range(3)), opened(tracker, A, range(3, 6))
    finish(tracker, failed)
    finish(tracker, later)
    tracker.halt(tracker.take_ready())
    assert not tracker.open(Run(A, 1, 0.0))
    assert tracker.take_ready() == []
    assert (tracker.halted, tracker.n_tokens) == (True, 0)
    tracker.restart()
    again = opened(tracker, A, range(3), epoch=2)
    finish(tracker, again)
    assert tracker.take_ready() == [again]


def test_a_run_wants_one_answer_for_each_record() -> None:
    """Answers that are too few are a bug, never a silent loss."""
    tracker = RunTracker()
    run = opened(tracker, A, range(3))
    with pytest.raises(AssertionError, match="expected 3 answers, got 1; this is a bug in Freshet"):
        tracker.finish(run, [OutgoingRecord("out", b"")], {})


def test_abandoned_runs_leave_those_before_them() -> None:
    """Runs that nobody began can be dropped; what was begun before them is still committed."""
    tracker = RunTracker()
    begun, waiting = opened(tracker, A, range(3)), opened(tracker, A, range(3, 6))
    tracker.abandon([waiting])
    finish(tracker, begun)
    assert tracker.take_ready() == [begun]
    tracker.release([begun])
    assert tracker.n_records == 0
