# SPDX-License-Identifier: Apache-2.0
"""Kafka's record batches: kafka-python reads what we write."""

from __future__ import annotations

import gzip
import time
import tracemalloc

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import CorruptRecordError
from kafka.record import MemoryRecords

from tests.workers.transports.helpers import Latin
from workers.transports.base import OutgoingRecord
from workers.transports.kafka import batch_codecs, clients  # noqa: F401  # the latter sets the decoders
from workers.transports.kafka.record_batches import (
    FRAME_BYTES,
    Author,
    encode_batch,
    next_sequence,
    split_batches,
    varint,
)

maybe_bytes = st.none() | st.binary(max_size=40)
records = st.builds(
    OutgoingRecord,
    topic=st.just("t"),
    value=maybe_bytes,
    key=maybe_bytes,
    headers=st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=8)), max_size=4).map(tuple),
    timestamp_ms=st.none() | st.integers(0, 2**50),
)
AUTHOR = Author(71, 3)
HEAD = 61
"""Bytes of a batch before its first record, which begins with its length."""


@given(st.lists(records, min_size=1, max_size=30))
def test_a_batch_is_read_back_by_the_other_implementation(written: list[OutgoingRecord]) -> None:
    """With its checksum, its author and every field of every record; times that have not come yet are those
    of the writing, since brokers refuse the future."""
    now_ms = 2**49
    batch = MemoryRecords(bytes(encode_batch(written, now_ms, AUTHOR, 99))).next_batch()
    assert batch.validate_crc()
    assert (batch.is_transactional, batch.producer_id, batch.producer_epoch, batch.base_sequence) == (
        True,
        71,
        3,
        99,
    )
    found = list(batch)
    assert [(r.key, r.value, tuple(r.headers)) for r in found] == [
        (r.key, r.value, r.headers) for r in written
    ]
    assert [r.timestamp for r in found] == [
        now_ms if r.timestamp_ms is None else min(r.timestamp_ms, now_ms) for r in written
    ]
    assert [r.offset for r in found] == list(range(len(written)))
    assert batch.max_timestamp == max(r.timestamp for r in found)


@given(st.lists(records, min_size=1, max_size=30), st.integers(1, 400))
def test_pieces_stay_below_the_limit(written: list[OutgoingRecord], more: int) -> None:
    """None is larger unless it has one record; together they are all records in order."""
    limit = FRAME_BYTES + more
    pieces = split_batches(written, limit)
    assert [r for piece in pieces for r in piece] == written
    assert all(len(piece) == 1 or len(encode_batch(piece, 5, AUTHOR, 0)) <= limit for piece in pieces)


def test_sequence_numbers_start_anew_after_the_largest() -> None:
    """As brokers count them."""
    assert next_sequence(2**31 - 3, 2) == 2**31 - 1
    assert next_sequence(2**31 - 3, 3) == 0


def test_numbers_have_kafkas_variable_length() -> None:
    """Zigzag, seven bits a byte."""
    assert [varint(n) for n in (0, -1, 1, 63, 64, 300)] == [
        b"\x00",
        b"\x01",
        b"\x02",
        b"\x7e",
        b"\x80\x01",
        b"\xd8\x04",
    ]
    assert varint(-(2**63)) == b"\xff" * 9 + b"\x01"


def test_names_of_headers_that_are_not_utf8_are_written_out() -> None:
    """Brokers take them from anybody; kafka-python alone would refuse the batch at every try."""
    headers = ((Latin("n\xff\x1b"), b"\xfe"), ("trace", b"1"))
    written = [
        OutgoingRecord("t", b"v%d" % i, None if i else b"k", headers, timestamp_ms=i * 1000) for i in range(3)
    ]
    batch = MemoryRecords(bytes(encode_batch(written, 9_999, AUTHOR, 0))).next_batch()
    found = list(batch)
    assert [(r.key, r.value, r.offset, r.timestamp) for r in found] == [
        (b"k", b"v0", 0, 0),
        (None, b"v1", 1, 1000),
        (None, b"v2", 2, 2000),
    ]
    assert all(r.headers == [("n\\xff\x1b", b"\xfe"), ("trace", b"1")] for r in found)


def test_a_record_that_is_longer_than_it_says_is_refused() -> None:
    """With names of headers that are not UTF-8 as with others: what follows would be read as records."""
    for name in ("n", Latin("\xff")):
        written = [OutgoingRecord("t", b"v", None, ((name, b"1"),), timestamp_ms=0)]
        data = bytearray(encode_batch(written, 9_999, AUTHOR, 0))
        assert len(list(MemoryRecords(bytes(data)).next_batch())) == 1
        data[HEAD] -= 2
        with pytest.raises(CorruptRecordError):
            list(MemoryRecords(bytes(data)).next_batch())


CODECS = {
    "gzip": (gzip.compress, batch_codecs.decode_gzip),
    "lz4": (cramjam.lz4.compress, batch_codecs.decode_lz4),
    "zstd": (cramjam.zstd.compress, batch_codecs.decode_zstd),
    "snappy": (cramjam.snappy.compress_raw, batch_codecs.RawSnappy.decompress),
}


@pytest.mark.parametrize("name", CODECS)
def test_a_batch_inflates_to_its_limit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the limit it is read whole, whatever its ratio; beyond it is refused before memory is full."""
    pack, unpack = CODECS[name]
    monkeypatch.setattr(batch_codecs, "MAX_BATCH", 1 << 22)
    for size in (0, 1, 1000, 1 << 22):
        assert bytes(unpack(bytes(pack(bytes(size))))) == bytes(size)
    bomb = bytes(pack(bytes(1 << 26)))
    tracemalloc.start()
    with pytest.raises(ValueError, match=f"by {name}, inflates to more than 4,194,304"):
        unpack(bomb)
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


def test_many_members_are_read_in_time() -> None:
    """A megabyte of them would be copied tens of thousands of times."""
    member = gzip.compress(b"x" * 2000)
    n = 500_000 // len(member)
    started = time.process_time()
    assert len(batch_codecs.decode_gzip(member * n)) == 2000 * n
    assert time.process_time() - started < 3


def test_members_and_frames_that_follow_one_another_are_read() -> None:
    """Of gzip, lz4 and zstd; what is cut off is an error."""
    for name in ("gzip", "lz4", "zstd"):
        pack, unpack = CODECS[name]
        assert bytes(unpack(bytes(pack(b"a" * 99)) + bytes(pack(b"b")))) == b"a" * 99 + b"b"
        with pytest.raises(Exception):  # noqa: B017, PT011  # cramjam's own kind
            unpack(bytes(pack(b"abc" * 99))[:-9])
