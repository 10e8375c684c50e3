# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workers.transports.done_ranges import MAX_RANGES, contains, decode_done, encode_done, merge

PAIRS = st.lists(st.tuples(st.integers(0, 2**40), st.integers(1, 1000)))


@given(PAIRS, st.integers(0, 2**40))
def test_ranges_come_back_as_they_were_written(pairs: list[tuple[int, int]], start: int) -> None:
    """Whatever they are; nothing below the start is among them."""
    ranges = merge(((first, first + count) for first, count in pairs), start)
    assert decode_done(encode_done(ranges)) == ranges
    assert all(first >= start for first, _ in ranges)


@given(PAIRS, st.lists(st.integers(0, 2**40)))
def test_what_is_left_is_what_no_range_has(pairs: list[tuple[int, int]], offsets: list[int]) -> None:
    """In the order in which it came."""
    ranges = merge((first, first + count) for first, count in pairs)
    left = [offset for offset in offsets if not contains(ranges, offset)]
    assert left == [o for o in offsets if not any(first <= o < first + n for first, n in pairs)]


def test_as_many_as_a_worker_makes_and_finds_fit_beside_an_offset() -> None:
    """4,096 bytes are what a broker takes."""
    far = 10**13
    ranges = tuple((far + 10_000 * i, far + 10_000 * i + 9_999) for i in range(2 * MAX_RANGES))
    assert len(encode_done(ranges)) < 4096
