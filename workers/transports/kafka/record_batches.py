# SPDX-License-Identifier: Apache-2.0
"""Record batches of Kafka's format 2, made from all records of a partition in one pass."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from crc32c import crc32c

from schemas import Headers

from ..base import OutgoingRecord

FRAME_BYTES = 100  # more than a batch's header and one record's lengths take
_RECORD_BYTES = 40  # more than a record's lengths take, without its headers' own
_START = struct.Struct(">qiibI")
"""Base offset, length of the rest, leader epoch, format, checksum of what follows."""
_REST = struct.Struct(">hiqqqhii")
"""Attributes, last delta, first and last time, producer, its epoch, first sequence, records."""
_NO_HEADER = bytes(_START.size + _REST.size)
_LENGTH_END = 12  # of a batch's bytes up to and with its length, which counts the others
_TRANSACTIONAL = 0x10
_FORMAT = 2
_LAST_SEQUENCE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: a transactional producer's number and epoch."""

    producer_id: int
    epoch: int


def split_batches(records: Sequence[OutgoingRecord], max_bytes: int) -> list[Sequence[OutgoingRecord]]:
    """The records in pieces that are each below so many bytes as a batch; one larger than that stands
    alone."""
    pieces: list[Sequence[OutgoingRecord]] = []
    start, size = 0, FRAME_BYTES
    for i, record in enumerate(records):
        more = _bound(record)
        if size + more > max_bytes and i > start:
            pieces.append(records[start:i])
            start, size = i, FRAME_BYTES
        size += more
    pieces.append(records[start:])
    return pieces


def encode_batch(
    records: Sequence[OutgoingRecord], now_ms: int, author: Author, first_sequence: int
) -> bytearray:
    """The records as one batch of a transaction; those without a time, or with one that has not come yet,
    get `now_ms`."""
    times = [written_at(record, now_ms) for record in records]
    first_time = times[0]
    parts: list[bytes] = [_NO_HEADER]
    for i, record in enumerate(records):
        key, value = record.key, record.value
        key_size = _NONE if key is None else varint(len(key))
        before = b"".join((b"\0", varint(times[i] - first_time), varint(i), key_size, key or b""))
        value_size = _NONE if value is None else varint(len(value))
        value = value or b""
        headers = _headers(record.headers)
        parts += (
            varint(len(before) + len(value_size) + len(value) + len(headers)),
            before,
            value_size,
            value,
            headers,
        )
    # The header is filled in later: a second copy would cost more than all the rest.
    batch = bytearray().join(parts)
    n = len(records)
    _REST.pack_into(
        batch,
        _START.size,
        _TRANSACTIONAL,
        n - 1,
        first_time,
        max(times),
        author.producer_id,
        author.epoch,
        first_sequence,
        n,
    )
    checksum = crc32c(memoryview(batch)[_START.size :])
    _START.pack_into(batch, 0, 0, len(batch) - _LENGTH_END, -1, _FORMAT, checksum)
    return batch


def written_at(record: OutgoingRecord, now_ms: int) -> int:
    """The time that a record is written with: its own, but never one that has not come yet. Brokers refuse
    records from the future, and a dead letter has the time of the record that it holds."""
    return now_ms if record.timestamp_ms is None else min(record.timestamp_ms, now_ms)


def next_sequence(first: int, n_records: int) -> int:
    """The sequence number after so many records; they start anew after the largest 32-bit number."""
    return (first + n_records) % (_LAST_SEQUENCE + 1)


def varint(number: int) -> bytes:
    """A number as Kafka's variable-length integer: zigzag, seven bits a byte, the lowest first."""
    if 0 <= number < len(_SMALL):
        return _SMALL[number]
    return _varint(number)


def _varint(number: int) -> bytes:
    left = (number << 1) ^ (number >> 63)
    out = bytearray()
    while left > 0x7F:
        out.append(0x80 | (left & 0x7F))
        left >>= 7
    out.append(left)
    return bytes(out)


def _headers(headers: Headers) -> bytes:
    if not headers:
        return b"\0"
    parts = [varint(len(headers))]
    for name, value in headers:
        parts += (_name(name), varint(len(value)), value)
    return b"".join(parts)


@lru_cache(maxsize=256)
def _name(name: str) -> bytes:
    encoded = name.encode()
    return varint(len(encoded)) + encoded


def _bound(record: OutgoingRecord) -> int:
    """More bytes than the record takes in a batch."""
    size = _RECORD_BYTES + len(record.key or b"") + len(record.value or b"")
    for name, value in record.headers:
        size += 3 * len(name) + len(value) + 10
    return size


_NONE = _varint(-1)
_SMALL = tuple(_varint(number) for number in range(1 << 14))
