# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
from typing import Any

import pytest

from workers.errors import WorkerError
from workers.trainer.events import Journal, moves, ranges
from workers.trainer.source import Arrival, Flush, JournalDirector, LiveDirector, Since
from workers.transports.base import OutgoingRecord
from workers.transports.memory import MemoryTransport


def log_of(*sizes: int) -> MemoryTransport:
    """A topic whose partitions hold so many records."""
    log = MemoryTransport()
    log.admin().create_topic("t", len(sizes))
    log.producer().send(
        [
            OutgoingRecord("t", b"%d:%d" % (p, i), partition=p)
            for p, size in enumerate(sizes)
            for i in range(size)
        ]
    )
    return log


def live(log: MemoryTransport, **settings: Any) -> LiveDirector:
    """A director that never stops by itself but at the end."""
    options = {
        "checkpoint_every": 0,
        "candidate_every": 0,
        "candidate_seconds": 0.0,
        "until_end": True,
        "stopped": lambda: False,
    }
    options |= {"clock": lambda: 0.0, "sleep": lambda seconds: None, **settings}
    return LiveDirector(log.partitions("t", "g"), lambda: 1, **options)


def read_all(director: LiveDirector | JournalDirector) -> tuple[list[bytes], str]:
    """Values in the order of reading, and why reading stopped."""
    positions: dict[int, int] = {}
    values, turn = list[bytes](), 0
    while True:
        event = director.next(positions, turn, Since())
        if isinstance(event, Flush):
            return values, event.why
        assert isinstance(event, Arrival)
        assert event.start == positions.get(event.record.partition, 0)
        positions[event.record.partition], turn = event.end, event.record.partition + 1
        values.append(event.record.value or b"")


def test_partitions_take_turns() -> None:
    """One record of each, in their order; a partition that is empty is left out."""
    values, why = read_all(live(log_of(3, 0, 1, 2)))
    assert values == [b"0:0", b"2:0", b"3:0", b"0:1", b"3:1", b"0:2"]
    assert why == "end"


def test_a_look_whether_there_is_more_takes_nothing() -> None:
    """After it, reading gives every record."""
    director = live(log_of(2))
    assert not director.is_over({}, 0)
    assert read_all(director)[0] == [b"0:0", b"0:1"]
    assert director.is_over({0: 2}, 1)


@pytest.mark.parametrize(
    ("settings", "since", "why"),
    [
        ({"candidate_every": 5}, Since(0, 5), "count"),
        ({"candidate_seconds": 10.0, "clock": lambda: 30.0}, Since(0, 1, first=20.0), "time"),
        ({"stopped": lambda: True}, Since(), "stop"),
    ],
)
def test_reading_stops_when_it_is_time(settings: dict[str, Any], since: Since, why: str) -> None:
    """By count, by time since the first correction, or because it is told to, though there are records."""
    assert live(log_of(9), **settings).next({}, 0, since) == Flush(why)
    calm = Since(0, 4, first=21.0)
    if why != "stop":
        assert isinstance(live(log_of(9), **settings).next({}, 0, calm), Arrival)


def test_a_log_that_grows_is_waited_for() -> None:
    """Without an end, reading sleeps until there is more."""
    log = log_of(1)
    naps = itertools.count()

    def sleep(seconds: float) -> None:
        if next(naps) == 2:
            log.producer().send([OutgoingRecord("t", b"late", partition=0)])

    event = live(log, until_end=False, sleep=sleep).next({0: 1}, 0, Since())
    assert isinstance(event, Arrival)
    assert event.record.value == b"late"


def test_a_journal_is_followed() -> None:
    """The recorded runs in their order, whatever the log holds by now; then the recorded reasons."""
    journal = Journal()
    for partition, start, end in ((1, 0, 1), (0, 0, 1), (0, 1, 2)):
        journal.read(partition, start, end)
    journal.step()
    journal.cut()
    journal.read(1, 1, 2)
    journal.flush("time")
    journal.step()
    journal.tutor(7)
    assert journal.entries[0] == ["step", [[1, 0, 1], [0, 0, 2]]]
    assert ranges(journal.entries) == {0: (0, 2), 1: (0, 2)}
    assert [kind for kind, _ in moves(journal.entries)] == [
        "read",
        "read",
        "step",
        "cut",
        "read",
        "flush",
        "step",
        "tutor",
    ]
    director = JournalDirector(log_of(9, 9).partitions("t", "g"), journal.entries)
    read = [director.next({}, 0, Since()) for _ in range(3)]
    assert [event.record.value for event in read if isinstance(event, Arrival)] == [b"1:0", b"0:0", b"0:1"]
    director.step()
    assert director.cuts(Since())
    assert isinstance(director.next({}, 0, Since()), Arrival)
    assert director.next({}, 0, Since()) == Flush("time")
    director.step()
    assert not director.cuts(Since())
    assert director.tutor(1) == 7
    assert director.tutor(7) == 7
    assert director.is_over({}, 0)


def test_a_run_that_goes_another_way_than_its_journal_is_told() -> None:
    """A step too early, a read too late, and records that are gone."""
    entries: list[list[Any]] = [["step", [[0, 0, 2]]], ["step", [[0, 2, 5]]]]
    director = JournalDirector(log_of(3).partitions("t", "g"), entries)
    with pytest.raises(WorkerError, match="says 'read' where this run learned a batch"):
        director.step()
    director = JournalDirector(log_of(3).partitions("t", "g"), entries)
    for _ in range(2):
        director.next({}, 0, Since())
    with pytest.raises(WorkerError, match="says 'step' where this run wants to read"):
        director.next({}, 0, Since())
    director.step()
    director.next({}, 0, Since())
    with pytest.raises(WorkerError, match="no longer has the records 3 to 5"):
        director.next({}, 0, Since())
