# SPDX-License-Identifier: Apache-2.0
"""Lag in seconds: how long the oldest text that is not annotated yet has been waiting."""

from __future__ import annotations

import pytest

from workers.annotator.in_flight import InFlight, OffsetRange
from workers.annotator.telemetry import Telemetry
from workers.transports.base import PartitionLag, Record, TopicPartition

PLACE = TopicPartition("texts", 0)
NOW = 1_000.0


def telemetry() -> Telemetry:
    """At a time that stands still."""
    return Telemetry(clock=lambda: 0.0, wall=lambda: NOW)


def lag_seconds(of: Telemetry) -> float | None:
    """What Prometheus would read."""
    return of.registry.get_sample_value("freshet_consumer_lag_seconds", {"topic": "texts", "partition": "0"})


def written(*seconds: float) -> OffsetRange:
    """Records that were written at these times."""
    records = [Record(*PLACE, offset, int(second * 1000), None, b"") for offset, second in enumerate(seconds)]
    return OffsetRange(PLACE, 0, 0.0, records)


def behind(n_records: int) -> list[PartitionLag]:
    """A group so many records behind."""
    return [PartitionLag(PLACE, 100, 100 + n_records, n_records)]


def test_the_first_record_in_memory_tells() -> None:
    """What is read and not committed is the oldest that waits."""
    in_flight, found = InFlight(), telemetry()
    in_flight.open(written(NOW - 40, NOW - 1))
    found.set_lags(behind(2), in_flight.oldest_ms())
    assert lag_seconds(found) == 40


def test_without_records_in_memory_the_last_committed_one_tells() -> None:
    """What follows it was written no earlier, so the text that waits is at most so old."""
    found = telemetry()
    found.note_commit([written(NOW - 90, NOW - 30)], 0.1)
    found.set_lags(behind(5), {})
    assert lag_seconds(found) == 30


def test_nothing_waits_where_the_group_is_at_the_end() -> None:
    """Then the lag is zero, however old the last text is."""
    found = telemetry()
    found.note_commit([written(NOW - 3600)], 0.1)
    found.set_lags(behind(0), {})
    assert lag_seconds(found) == 0


@pytest.mark.parametrize("timestamp_ms", [-1, 0])
def test_records_without_a_time_say_nothing(timestamp_ms: int) -> None:
    """Rather no sample than a wrong one."""
    found = telemetry()
    found.set_lags(behind(5), {PLACE: timestamp_ms})
    assert lag_seconds(found) is None


def test_another_members_partitions_are_not_told() -> None:
    """At a new assignment all that was known is forgotten."""
    found = telemetry()
    found.set_lags(behind(1), {PLACE: int(NOW * 1000 - 5000)})
    assert lag_seconds(found) == 5
    found.note_assignment({})
    assert lag_seconds(found) is None
