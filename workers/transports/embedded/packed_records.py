# SPDX-License-Identifier: Apache-2.0
"""Many records as one block of bytes: columns of lengths, then the contents.

A block is what the embedded log stores in one row: a hundred records then cost one step of the database
instead of a hundred.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from schemas import Headers

from ..base import OutgoingRecord, Record, TopicPartition, TransportError

_MAGIC = b"FRB1"
_PREFIX = struct.Struct("<4sI")
_HEADER = struct.Struct("<HI")


def pack(records: Sequence[OutgoingRecord], now_ms: int) -> bytes:
    """The records as a block; those without a time get `now_ms`."""
    n = len(records)
    headers = [pack_headers(r.headers) for r in records]
    times = [now_ms if r.timestamp_ms is None else r.timestamp_ms for r in records]
    lengths = [-1 if r.key is None else len(r.key) for r in records]
    lengths += [-1 if r.value is None else len(r.value) for r in records]
    lengths += [len(h) for h in headers]
    parts = [_PREFIX.pack(_MAGIC, n), struct.pack(f"<{n}q", *times), struct.pack(f"<{3 * n}i", *lengths)]
    for record, packed in zip(records, headers, strict=True):
        parts += (record.key or b"", record.value or b"", packed)
    return b"".join(parts)


def unpack(block: bytes, place: TopicPartition, base: int, start: int = 0) -> list[Record]:
    """The records of a block whose first one has offset `base`, from offset `start` on.

    Raises: TransportError where the block is damaged.
    """
    n, columns_end = _read_prefix(block, place, base)
    times = struct.unpack_from(f"<{n}q", block, _PREFIX.size)
    lengths = struct.unpack_from(f"<{3 * n}i", block, _PREFIX.size + 8 * n)
    keys, values, headers = lengths[:n], lengths[n : 2 * n], lengths[2 * n :]
    sizes = [max(k, 0) + max(v, 0) + h for k, v, h in zip(keys, values, headers, strict=True)]
    begins = list(accumulate(sizes, initial=columns_end))
    if begins[-1] != len(block):
        raise _damaged_block(place, base, f"{begins[-1]} bytes expected, {len(block)} found")
    topic, partition = place
    records = []
    for i in range(max(0, start - base), n):
        key_end = begins[i] + max(keys[i], 0)
        value_end = key_end + max(values[i], 0)
        key = block[begins[i] : key_end] if keys[i] >= 0 else None
        value = block[key_end:value_end] if values[i] >= 0 else None
        records.append(
            Record(
                topic,
                partition,
                base + i,
                times[i],
                key,
                value,
                unpack_headers(block[value_end : begins[i + 1]]),
            )
        )
    return records


def pack_headers(headers: Headers) -> bytes:
    """Headers as bytes."""
    parts: list[bytes] = []
    for name, value in headers:
        encoded = name.encode()
        parts += (_HEADER.pack(len(encoded), len(value)), encoded, value)
    return b"".join(parts)


@lru_cache(maxsize=1024)
def unpack_headers(data: bytes) -> Headers:
    """The headers of what `pack_headers` wrote."""
    headers = []
    at = 0
    while at < len(data):
        n_name, n_value = _HEADER.unpack_from(data, at)
        name_end = at + _HEADER.size + n_name
        headers.append((data[at + _HEADER.size : name_end].decode(), data[name_end : name_end + n_value]))
        at = name_end + n_value
    return tuple(headers)


def _read_prefix(block: bytes, place: TopicPartition, base: int) -> tuple[int, int]:
    """How many records a block holds, and where its columns end."""
    if len(block) < _PREFIX.size:
        raise _damaged_block(place, base, f"only {len(block)} bytes")
    magic, n = _PREFIX.unpack_from(block)
    columns_end = _PREFIX.size + 20 * n
    if magic != _MAGIC or columns_end > len(block):
        raise _damaged_block(place, base, f"starts with {magic!r}, {n} records in {len(block)} bytes")
    return n, columns_end


def _damaged_block(place: TopicPartition, base: int, what: str) -> TransportError:
    return TransportError(
        f"the block of {place.topic}[{place.partition}] at offset {base} is damaged ({what}); "
        "restore the log from a copy"
    )
