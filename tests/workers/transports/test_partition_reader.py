# SPDX-License-Identifier: Apache-2.0
"""Readers that keep their own positions, on every transport."""

from __future__ import annotations

import pytest

from tests.workers.transports.helpers import Log
from workers.transports import TransportError


def test_a_reader_goes_on_from_where_it_is_told(log: Log) -> None:
    """Any partition from any offset, as often as asked; records that come later are there too."""
    topic = log.topic(2)
    log.send(topic, [b"%d" % i for i in range(60)])
    reader = log.transport().partitions(topic, "learner")
    ends = [end for _, end in reader.bounds()]
    assert sum(ends) == 60
    for partition, end in enumerate(ends):
        first, after = reader.fetch(partition, 0, 5)
        assert [r.offset for r in first] == list(range(5))
        assert after == 5
        again, _ = reader.fetch(partition, 3, 2)
        assert [r.offset for r in again] == [3, 4]
        records, at = list(again), 5
        while at < end:
            more, at = reader.fetch(partition, at, 7)
            records += more
        assert [r.offset for r in records] == list(range(3, end))
        assert reader.fetch(partition, end, 5) == ([], end)
    log.send(topic, [b"later"] * 4)
    assert sum(end for _, end in reader.bounds()) == 64
    reader.close()


def test_a_lost_range_stops_the_reader(log: Log) -> None:
    """An offset that the log does not hold is an error, no reason to begin somewhere else."""
    topic = log.topic(1)
    log.send(topic, [b"a", b"b"])
    reader = log.transport().partitions(topic, "learner")
    with pytest.raises(TransportError, match=r"to be read from offset 7, and holds 0 to 2"):
        reader.fetch(0, 7, 1)
    with pytest.raises(TransportError, match="and 3 is none of them"):
        reader.fetch(3, 0, 1)
    reader.close()


def test_noted_positions_show_as_the_lag_of_a_group(log: Log) -> None:
    """Lag is told by the group's name, though nobody joined it."""
    topic = log.topic(1)
    log.send(topic, [b"%d" % i for i in range(10)])
    reader = log.transport().partitions(topic, f"learner-of-{topic}")
    reader.note({0: 4})
    reader.note({0: 7})
    reader.close()
    (lag,) = log.transport().admin().group_lag(f"learner-of-{topic}", [topic])
    assert (lag.committed, lag.lag) == (7, 3)
