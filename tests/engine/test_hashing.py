# SPDX-License-Identifier: Apache-2.0
"""Row hashes of embedding and bag-of-words tables."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from thinc.api import NumpyOps

from engine.hashing import keys32, rows

IDS = st.lists(st.integers(0, (1 << 64) - 1), max_size=20)
SEEDS = st.integers(0, (1 << 32) - 1)
LOW = (1 << 32) - 1


@given(IDS, SEEDS, st.sampled_from([1, 500, 5000, 2**31 - 1]))
def test_rows_are_those_of_thinc(ids: list[int], seed: int, n_rows: int) -> None:
    """Four rows per id, for any id and any 32-bit seed."""
    values = np.array(ids, dtype=np.uint64)
    expected = NumpyOps().hash(values, seed) % n_rows if ids else np.zeros((0, 4))
    assert rows(values, seed, n_rows).tolist() == expected.tolist()


def reference_key(number: int, seed: int) -> int:
    """MurmurHash3 x86 32 of eight bytes, in Python integers."""
    state = seed
    for block in (number & LOW, number >> 32):
        block = block * 0xCC9E2D51 & LOW
        block = (block << 15 | block >> 17) & LOW
        state ^= block * 0x1B873593 & LOW
        state = ((state << 13 | state >> 19) & LOW) * 5 + 0xE6546B64 & LOW
    state ^= 8
    state = (state ^ state >> 16) * 0x85EBCA6B & LOW
    state = (state ^ state >> 13) * 0xC2B2AE35 & LOW
    return state ^ state >> 16


@given(IDS, SEEDS)
def test_keys_are_murmur_hashes_of_eight_bytes(ids: list[int], seed: int) -> None:
    """One 32-bit key per id."""
    assert keys32(np.array(ids, dtype=np.uint64), seed).tolist() == [reference_key(number, seed) for number in ids]
