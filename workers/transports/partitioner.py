# SPDX-License-Identifier: Apache-2.0
"""Which partition a key belongs to: murmur2, as Kafka's own clients compute it."""

from __future__ import annotations

import struct
from functools import lru_cache

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_MIX = 0x5BD1E995


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, n_partitions: int) -> int:
    """The partition of a key, equal to that of Kafka's Java client."""
    return (murmur2(key) & 0x7FFFFFFF) % n_partitions


def murmur2(data: bytes) -> int:
    """The 32-bit murmur2 hash of Kafka's `Utils.murmur2`, as an unsigned number.

    Source: Austin Appleby's MurmurHash2 with Kafka's seed.
    """
    n_whole = len(data) // 4
    hashed = _SEED ^ len(data)
    for word in struct.unpack_from(f"<{n_whole}I", data):
        word = (word * _MIX) & _MASK
        word ^= word >> 24
        hashed = ((hashed * _MIX) & _MASK) ^ ((word * _MIX) & _MASK)
    if tail := data[4 * n_whole :]:
        hashed = ((hashed ^ int.from_bytes(tail, "little")) * _MIX) & _MASK
    hashed ^= hashed >> 13
    hashed = (hashed * _MIX) & _MASK
    return hashed ^ (hashed >> 15)


class Partitioner:
    """Chooses partitions: an explicit one, else by key, else each in turn."""

    def __init__(self) -> None:
        self._turn = 0

    def choose(self, key: bytes | None, partition: int | None, n_partitions: int) -> int:
        """The partition for a record of a topic with so many of them."""
        if partition is not None:
            return partition
        if key is not None:
            return partition_of(key, n_partitions)
        self._turn += 1
        return self._turn % n_partitions
