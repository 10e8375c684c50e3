# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.workers.support import write
from workers.errors import WorkerError
from workers.trainer.events import (
    CheckpointEvent,
    FlushEvent,
    ReadRange,
    SegmentEnd,
    StepEvent,
    TeacherEvent,
)
from workers.trainer.partition_cursor import ReadPosition
from workers.trainer.pending import Pending, Timing
from workers.trainer.source import JournalSource, LiveSource, ReadEvent
from workers.transports.base import OutgoingRecord
from workers.transports.memory import MemoryTransport


def log_of(*sizes: int) -> MemoryTransport:
    """A topic whose partitions hold so many records."""
    log = MemoryTransport()
    log.admin().create_topic("t", len(sizes))
    write(
        log,
        [
            OutgoingRecord("t", b"%d:%d" % (p, i), partition=p)
            for p, size in enumerate(sizes)
            for i in range(size)
        ],
    )
    return log


def live(log: MemoryTransport, timing: Timing | None = None, **settings: Any) -> LiveSource:
    """A source that never stops by itself but at the end."""
    options: dict[str, Any] = {"until_end": True, "stopped": lambda: False, "clock": lambda: 0.0}
    options |= {"sleep": lambda seconds: None, **settings}
    return LiveSource(log.partitions("t", "g"), lambda: 1, timing or Timing(), **options)


def read_all(source: LiveSource | JournalSource) -> tuple[list[bytes], SegmentEnd]:
    """Values in the order of reading, and why reading stopped."""
    position, values = ReadPosition(), list[bytes]()
    while True:
        event = source.next(position, Pending())
        if isinstance(event, SegmentEnd):
            return values, event
        assert event.covered.start == position.offsets.get(event.record.partition, 0)
        position.advance(event.covered)
        values.append(event.record.value or b"")


def test_partitions_take_turns() -> None:
    """One record of each, in their order; a partition that is empty is left out."""
    values, why = read_all(live(log_of(3, 0, 1, 2)))
    assert values == [b"0:0", b"2:0", b"3:0", b"0:1", b"3:1", b"0:2"]
    assert why is SegmentEnd.END


def test_a_look_whether_there_is_more_takes_nothing() -> None:
    """After it, reading gives every record."""
    source = live(log_of(2))
    assert not source.is_over(ReadPosition())
    assert read_all(source)[0] == [b"0:0", b"0:1"]
    assert source.is_over(ReadPosition({0: 2}, 1))


@pytest.mark.parametrize(
    ("settings", "pending", "why"),
    [
        ({"timing": Timing(candidate_every=5)}, Pending(0, 5), SegmentEnd.COUNT),
        (
            {"timing": Timing(candidate_seconds=10.0), "clock": lambda: 30.0},
            Pending(0, 1, first=20.0),
            SegmentEnd.TIME,
        ),
        ({"stopped": lambda: True}, Pending(), SegmentEnd.STOP),
    ],
)
def test_reading_stops_when_it_is_time(settings: dict[str, Any], pending: Pending, why: SegmentEnd) -> None:
    """By count, by time since the first correction, or because it is told to, though there are records."""
    assert live(log_of(9), **settings).next(ReadPosition(), pending) is why
    calm = Pending(0, 4, first=21.0)
    if why is not SegmentEnd.STOP:
        assert isinstance(live(log_of(9), **settings).next(ReadPosition(), calm), ReadEvent)


def paused(log: MemoryTransport, pauses: list[float], timing: Timing, **settings: Any) -> LiveSource:
    """A source on a log that does not end, with a clock that its naps move on."""
    now = [100.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        pauses.append(now[0])

    return live(log, timing, until_end=False, clock=lambda: now[0], sleep=sleep, **settings)


def test_a_pause_makes_a_candidate() -> None:
    """When nothing came for so long; the journal calls it a reason of time."""
    pauses: list[float] = []
    source = paused(log_of(1), pauses, Timing(candidate_idle_seconds=3.0))
    position = ReadPosition()
    event = source.next(position, Pending())
    assert isinstance(event, ReadEvent)
    position.advance(event.covered)
    assert source.next(position, Pending(1, 1, first=100.0)) is SegmentEnd.TIME
    assert 103.0 <= pauses[-1] < 103.5


def test_what_is_there_to_read_is_no_pause() -> None:
    """However long learning took since the last record was read."""
    log, now = log_of(3), [100.0]
    source = live(log, Timing(candidate_idle_seconds=3.0), until_end=False, clock=lambda: now[0])
    position = ReadPosition()
    for _ in range(3):
        event = source.next(position, Pending(1, 1, first=100.0))
        assert isinstance(event, ReadEvent)
        position.advance(event.covered)
        now[0] += 60.0
    assert source.next(position, Pending(1, 1, first=100.0)) is SegmentEnd.TIME


def test_nothing_said_makes_no_candidate_in_a_pause() -> None:
    """And two candidates in pauses keep their distance."""
    pauses: list[float] = []
    timing = Timing(candidate_idle_seconds=3.0, candidate_idle_gap=20.0)
    source = paused(log_of(1), pauses, timing, stopped=lambda: len(pauses) > 200)
    end = ReadPosition({0: 1})
    assert source.next(end, Pending(1, 1, first=100.0)) is SegmentEnd.TIME
    first = pauses[-1]
    assert source.next(end, Pending(1, 1, first=first)) is SegmentEnd.TIME
    assert 20.0 <= pauses[-1] - first < 20.5
    assert source.next(end, Pending()) is SegmentEnd.STOP


def test_a_log_that_grows_is_waited_for() -> None:
    """Without an end, reading sleeps until there is more."""
    log = log_of(1)
    naps = itertools.count()

    def sleep(seconds: float) -> None:
        if next(naps) == 2:
            write(log, [OutgoingRecord("t", b"late", partition=0)])

    event = live(log, until_end=False, sleep=sleep).next(ReadPosition({0: 1}), Pending())
    assert isinstance(event, ReadEvent)
    assert event.record.value == b"late"


def test_a_journal_is_followed() -> None:
    """The recorded ranges in their order, whatever the log holds by now; then the recorded reasons."""
    events = [
        StepEvent((ReadRange(1, 0, 1), ReadRange(0, 0, 2))),
        CheckpointEvent(),
        FlushEvent((ReadRange(1, 1, 2),), SegmentEnd.TIME),
        StepEvent(),
        TeacherEvent(7),
    ]
    source = JournalSource(log_of(9, 9).partitions("t", "g"), events)
    read = [source.next(ReadPosition(), Pending()) for _ in range(3)]
    assert [event.record.value for event in read if isinstance(event, ReadEvent)] == [b"1:0", b"0:0", b"0:1"]
    source.step()
    assert source.needs_checkpoint(Pending())
    assert isinstance(source.next(ReadPosition(), Pending()), ReadEvent)
    assert source.next(ReadPosition(), Pending()) is SegmentEnd.TIME
    source.step()
    assert not source.needs_checkpoint(Pending())
    assert [source.teacher(1), source.teacher(7)] == [7, 7]
    assert source.is_over(ReadPosition())


def test_a_run_that_goes_another_way_than_its_journal_is_told() -> None:
    """A step too early, a read too late, and records that are gone."""
    events = [StepEvent((ReadRange(0, 0, 2),)), StepEvent((ReadRange(0, 2, 5),))]
    source = JournalSource(log_of(3).partitions("t", "g"), events)
    with pytest.raises(WorkerError, match="says 'read' where this run learned a batch"):
        source.step()
    source = JournalSource(log_of(3).partitions("t", "g"), events)
    for _ in range(2):
        source.next(ReadPosition(), Pending())
    with pytest.raises(WorkerError, match="says 'step' where this run wants to read"):
        source.next(ReadPosition(), Pending())


def test_records_that_are_gone_cannot_be_learned_again() -> None:
    """The journal names more than the log holds."""
    events = [StepEvent((ReadRange(0, 2, 5),))]
    source = JournalSource(log_of(3).partitions("t", "g"), events)
    source.next(ReadPosition(), Pending())
    with pytest.raises(WorkerError, match="no longer has the records 3 to 5"):
        source.next(ReadPosition(), Pending())
