# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from workers.annotator.watchdog import ProgressWatchdog
from workers.transports.base import PartitionLag, TopicPartition

A = TopicPartition("t", 0)


def lag(n: int, end: int = 100) -> list[PartitionLag]:
    """A lag of partition A."""
    return [PartitionLag(A, end - n, end, n)]


def watching(timeout: float = 60.0) -> ProgressWatchdog:
    """A watchdog over A since second 0."""
    watchdog = ProgressWatchdog(timeout)
    watchdog.note_assignment({A: 1}, 0.0)
    return watchdog


def test_a_partition_that_is_behind_and_does_not_move_is_stalled() -> None:
    """Lag, nothing in flight and no movement for the whole time-out make a stall."""
    watchdog = watching()
    assert watchdog.find_stalled(lag(5), (), 59.0) == []
    assert watchdog.find_stalled(lag(5), (), 61.0) == [A]


def test_movement_work_in_flight_and_no_lag_are_no_stall() -> None:
    """Whatever shows that there is progress, or nothing to do, begins the time-out anew."""
    watchdog = watching()
    watchdog.note_progress([A], 50.0)
    assert watchdog.find_stalled(lag(5), (), 109.0) == []
    assert watchdog.find_stalled(lag(5), {A}, 200.0) == []
    assert watchdog.find_stalled(lag(0), (), 300.0) == []
    assert watchdog.find_stalled(lag(1), (), 359.0) == []


def test_a_new_consumer_that_did_not_help_is_not_made_again_for_the_same_end() -> None:
    """What a new consumer did not deliver either, such as transaction markers, is let alone until the log
    grows."""
    watchdog = watching()
    watchdog.note_renewal(lag(1), 61.0)
    assert watchdog.find_stalled(lag(1), (), 1000.0) == []
    assert watchdog.find_stalled(lag(2, end=101), (), 2000.0) == [A]
