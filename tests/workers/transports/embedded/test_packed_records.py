# SPDX-License-Identifier: Apache-2.0
"""Blocks of records as bytes, and Kafka's hash of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.transports import OutgoingRecord, TopicPartition, TransportError
from workers.transports.embedded.packed_records import pack, unpack
from workers.transports.partitioner import murmur2

PLACE = TopicPartition("t", 3)
maybe_bytes = st.none() | st.binary(max_size=40)
records = st.builds(
    OutgoingRecord,
    topic=st.just("t"),
    value=maybe_bytes,
    key=maybe_bytes,
    headers=st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=8)), max_size=4).map(tuple),
    timestamp_ms=st.none() | st.integers(0, 2**62),
)


@given(st.lists(records, max_size=12), st.integers(0, 12))
def test_a_block_gives_back_what_was_packed(packed: list[OutgoingRecord], skip: int) -> None:
    """From any offset inside it on."""
    found = unpack(pack(packed, 77), PLACE, 1000, 1000 + skip)
    assert [r.offset for r in found] == list(range(1000 + skip, 1000 + len(packed)))
    for record, read in zip(packed[skip:], found, strict=True):
        assert (read.key, read.value, read.headers) == (record.key, record.value, record.headers)
        assert read.timestamp_ms == (77 if record.timestamp_ms is None else record.timestamp_ms)


@pytest.mark.parametrize("cut", [0, 5, 30, -1])
def test_a_damaged_block_is_named(cut: int) -> None:
    """Not read as something else."""
    block = pack([OutgoingRecord("t", b"value", b"key")] * 3, 1)
    with pytest.raises(TransportError, match=r"t\[3\] at offset 50 is damaged"):
        unpack(block[:cut], PLACE, 50)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_that_of_kafka(key: bytes, expected: int) -> None:
    """The values that Apache Kafka's own tests state."""
    assert murmur2(key) == expected & 0xFFFFFFFF
