# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

import engine
from engine.training.keyed_example import KeyedExample
from schemas import DecodeError
from tests.workers.support import write
from workers.trainer.correction_filter import Outcome
from workers.trainer.events import FlushEvent, ReadRange, SegmentEnd
from workers.trainer.example_stream import ExampleStream
from workers.trainer.pending import Timing
from workers.trainer.session_parts import make_parts
from workers.trainer.source import LiveSource
from workers.transports.base import OutgoingRecord, Record
from workers.transports.memory import MemoryTransport

from .support import TOPIC, Workshop, correction, record_of

NEVER_HELD_OUT = {"learner__held_out_percent": 0.0}


@pytest.fixture
def refused() -> list[tuple[Record, DecodeError]]:
    """What a stream was heard to refuse."""
    return []


def stream_of(
    folder: Path, sent: list[OutgoingRecord], refused: list[tuple[Record, DecodeError]]
) -> ExampleStream:
    """Reads these records, then ends."""
    shop, log = Workshop(folder), MemoryTransport()
    log.admin().create_topic(TOPIC, 1)
    write(log, sent)
    source = LiveSource(
        log.partitions(TOPIC, "g"),
        lambda: 1,
        Timing(),
        until_end=True,
        stopped=lambda: False,
        clock=lambda: 3.0,
        sleep=lambda seconds: None,
    )
    parts = make_parts(shop.config(**NEVER_HELD_OUT), engine.load(shop.model))
    return ExampleStream(
        source, parts.filter, parts.reservoir, lambda *told: refused.append(told), lambda: 3.0
    )


def test_what_was_read_is_open_until_it_is_learned(
    tmp_path: Path, refused: list[tuple[Record, DecodeError]]
) -> None:
    """Then it is no longer new; the next segment begins with what was left over."""
    stream = stream_of(tmp_path, [record_of(correction(i)) for i in range(3)], refused)
    first, second, third = stream
    assert stream.flushed is SegmentEnd.END
    assert stream.close([second]) == [second]
    assert stream.close([second]) == []
    stream.start_segment(SegmentEnd.CHECKPOINT)
    assert list(stream) == [first, third]


def test_all_that_is_read_is_journalled_and_counted(
    tmp_path: Path, refused: list[tuple[Record, DecodeError]]
) -> None:
    """Repeats too; only what will be learned is pending."""
    stream = stream_of(tmp_path, [record_of(correction(i)) for i in (1, 1, 2)], refused)
    assert [example.key for example in stream] == ["c1", "c2"]
    assert stream.journal.events == [FlushEvent((ReadRange(0, 0, 3),), SegmentEnd.END)]
    assert stream.position.offsets == {0: 3}
    assert (stream.pending.checkpoint, stream.pending.candidate, stream.pending.first) == (2, 2, 3.0)


def test_what_is_no_correction_is_refused_with_its_reason(
    tmp_path: Path, refused: list[tuple[Record, DecodeError]]
) -> None:
    """Whoever listens hears of it once; reading goes on behind it."""
    stream = stream_of(tmp_path, [record_of(b"{no json"), record_of(correction(1))], refused)
    assert [example.key for example in stream] == ["c1"]
    assert [(record.offset, error.reason) for record, error in refused] == [(0, "json")]
    assert stream.filter.counts[Outcome.REJECTED] == 1


def test_what_is_taken_back_leaves_the_reservoir(
    tmp_path: Path, refused: list[tuple[Record, DecodeError]]
) -> None:
    """A correction without layers names the one that nobody shall rehearse any longer."""
    back = correction(1, correction_id="back", supersedes="c1", layers={})
    stream = stream_of(tmp_path, [record_of(correction(1)), record_of(back)], refused)
    assert stream.reservoir is not None
    for example in stream:
        assert isinstance(example, KeyedExample)
        stream.reservoir.add(example.key, example)
    assert not stream.reservoir.stream
