# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from workers.annotator.batching import BackPressure, Batcher, PollSize, estimate_tokens
from workers.annotator.in_flight import InFlight
from workers.settings import BatchingSettings
from workers.transports.base import Record, TopicPartition

A, B = TopicPartition("t", 0), TopicPartition("t", 1)


def records(place: TopicPartition, sizes: list[int], start: int = 0) -> list[Record]:
    """Records with so many tokens each, by estimate."""
    return [Record(*place, start + i, 0, None, b"x" * (5 * (size - 1))) for i, size in enumerate(sizes)]


def batcher(**settings: int) -> tuple[Batcher, InFlight]:
    """A batcher and its in_flight."""
    in_flight = InFlight()
    return Batcher(BatchingSettings(**settings), in_flight), in_flight


def drain(queue: Batcher) -> list[list[tuple[int, int, int]]]:
    """All batches as (partition, offset, tokens) of their records."""
    found = []
    while (batch := queue.take(timeout=0)) is not None:
        found.append(
            [(r.partition, r.offset, estimate_tokens(r)) for run in batch.ranges for r in run.records]
        )
    return found


def test_a_batch_waits_for_nothing() -> None:
    """One record is a batch as soon as somebody is free."""
    queue, _ = batcher(max_batch_tokens=1000)
    queue.offer(records(A, [3]), {A: 1}, 0.0)
    assert drain(queue) == [[(0, 0, 3)]]


def test_waiting_records_share_a_batch_up_to_the_budget() -> None:
    """Records that wait are put together, of several partitions too, until the token budget is full."""
    queue, _ = batcher(max_batch_tokens=20)
    queue.offer(records(A, [5, 5]), {A: 1, B: 1}, 0.0)
    queue.offer(records(B, [5, 5, 5]), {A: 1, B: 1}, 0.0)
    assert drain(queue) == [[(0, 0, 5), (0, 1, 5), (1, 0, 5), (1, 1, 5)], [(1, 2, 5)]]


def test_an_oversized_record_goes_alone() -> None:
    """A record above the budget is a batch of its own and blocks nobody."""
    queue, _ = batcher(max_batch_tokens=10)
    queue.offer(records(A, [2, 500, 2]), {A: 1}, 0.0)
    assert drain(queue) == [[(0, 0, 2)], [(0, 1, 500)], [(0, 2, 2)]]


@given(
    st.lists(st.tuples(st.sampled_from([A, B]), st.lists(st.integers(1, 40), max_size=8)), max_size=8),
    st.integers(1, 60),
    st.integers(1, 7),
)
def test_every_record_comes_out_once_in_order_within_the_budget(polls, budget, max_records) -> None:
    """All offered records come out once, each partition's in order; no batch of several records is above the
    budget."""
    queue, in_flight = batcher(max_batch_tokens=budget, max_batch_records=max_records)
    ends = {A: 0, B: 0}
    for place, sizes in polls:
        assert queue.offer(records(place, sizes, ends[place]), {A: 1, B: 1}, 0.0) == len(sizes)
        ends[place] += len(sizes)
    assert in_flight.n_records == sum(ends.values())
    batches = drain(queue)
    assert [[o for b in batches for p, o, _ in b if p == place.partition] for place in (A, B)] == [
        list(range(ends[A])),
        list(range(ends[B])),
    ]
    assert all(len(b) == 1 or (sum(n for _, _, n in b) <= budget and len(b) <= max_records) for b in batches)


def test_records_of_partitions_that_are_not_owned_are_left_out() -> None:
    """Records without an epoch belong to another member."""
    queue, in_flight = batcher()
    assert queue.offer([*records(A, [1]), *records(B, [1])], {B: 1}, 0.0) == 1
    assert (drain(queue), in_flight.n_records) == ([[(1, 0, 1)]], 1)


def test_an_epoch_has_its_own_ranges() -> None:
    """Records of a partition that was lost and came back do not join the run of before."""
    queue, in_flight = batcher()
    queue.offer(records(A, [1]), {A: 1}, 0.0)
    in_flight.retain({A: 2})
    queue.offer(records(A, [1]), {A: 2}, 0.0)
    batch = queue.take(timeout=0)
    assert batch is not None
    assert [run.epoch for run in batch.live_ranges()] == [2]


def test_dropped_batches_are_passed_over() -> None:
    """A batch whose partitions were all lost is not worked on."""
    queue, in_flight = batcher()
    queue.offer(records(A, [1]), {A: 1}, 0.0)
    in_flight.retain({})
    assert queue.take(timeout=0) is None


def test_closing_lets_takers_go_and_drops_what_waits() -> None:
    """A closed queue gives nothing more, and what waited counts no more as in flight."""
    queue, in_flight = batcher()
    waiting = threading.Thread(target=queue.take, args=(60,))
    waiting.start()
    queue.close()
    waiting.join(5)
    queue.offer(records(A, [1]), {A: 1}, 0.0)
    assert (waiting.is_alive(), in_flight.n_records) == (False, 0)


def test_back_pressure_goes_on_at_half_the_limit() -> None:
    """Reading pauses at the limit and goes on at half of it."""
    pressure = BackPressure(100)
    assert [pressure.update(n) for n in (99, 100, 70, 51, 50, 99)] == [False, True, True, True, False, False]


def test_polls_ask_for_what_fits() -> None:
    """After large records fewer are asked for at once, but always one."""
    size = PollSize(BatchingSettings(max_inflight_tokens=6400, max_poll_records=1000))
    first = size.next(0)
    size.note(64, 64)
    for _ in range(80):
        size.note(10, 10)
    small = size.next(0)
    size.note(2, 20_000)
    assert (first, small, size.next(0), size.next(6400)) == (64, 1000, 1, 1)


def test_a_large_record_is_kept_for_who_takes_large_ones() -> None:
    """The others go on with what comes behind it, in a range of its own."""
    in_flight = InFlight()
    queue = Batcher(BatchingSettings(max_batch_tokens=10), in_flight, large_apart=True)
    queue.offer(records(A, [3, 41, 3]), {A: 1}, 0.0)
    assert drain(queue) == [[(0, 0, 3), (0, 2, 3)]]
    large = queue.take(timeout=0, only_large=True)
    assert large is not None
    assert [offsets.span for offsets in large.ranges] == [(1, 2)]
    assert queue.take(timeout=0, only_large=True) is None


def test_a_large_record_counts_for_a_part_of_what_may_be_in_memory() -> None:
    """However long it is, reading goes on beside it."""
    in_flight = InFlight()
    settings = BatchingSettings(max_batch_tokens=10, max_inflight_tokens=100)
    Batcher(settings, in_flight, large_apart=True).offer(records(A, [5000]), {A: 1}, 0.0)
    assert in_flight.n_tokens == 25
    assert not BackPressure(settings.max_inflight_tokens).update(in_flight.n_tokens)


def test_where_two_are_free_one_takes_a_large_record() -> None:
    """And never the last one that is free."""
    queue = Batcher(BatchingSettings(max_batch_tokens=10), InFlight(), large_apart=True)
    found: list[object] = []
    takers = [threading.Thread(target=lambda: found.append(queue.take(timeout=20))) for _ in range(2)]
    for taker in takers:
        taker.start()
    queue.offer(records(A, [50, 50]), {A: 1}, 0.0)
    deadline = time.monotonic() + 10
    while not found and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(found) == 1
    queue.close()
    for taker in takers:
        taker.join(10)
    assert found[1:] == [None]
