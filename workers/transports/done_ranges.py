# SPDX-License-Identifier: Apache-2.0
"""Offsets behind a committed one that are done already: how one long text lets those behind it go first.

A group's committed offset says that all before it is done. What is done behind it stands beside it, in the
same commit, as Kafka's metadata of an offset; whoever reads on from there leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]
"""From the first offset to below the second, in order and apart."""

MARK = "freshet-done/1"
MAX_RANGES = 64
"""Of one partition that a worker makes; with as many that it found there they fit into the 4,096 bytes that a
broker takes (`offset.metadata.max.bytes`)."""


def merge(ranges: Iterable[tuple[int, int]], start: int = 0) -> Ranges:
    """In order, those that touch as one, and nothing below `start`.

    >>> merge([(7, 9), (3, 5), (5, 6)], start=4)
    ((4, 6), (7, 9))
    """
    merged: list[tuple[int, int]] = []
    for first, after in sorted((max(first, start), after) for first, after in ranges if after > start):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(after, merged[-1][1])
        else:
            merged.append((first, after))
    return tuple(merged)


def encode_done(ranges: Ranges) -> str:
    """As text; empty where there are none.

    >>> encode_done(((1000, 1250), (1251, 1300)))
    'freshet-done/1 1000+250,1251+49'
    """
    return f"{MARK} {','.join(f'{a}+{b - a}' for a, b in ranges)}" if ranges else ""


def decode_done(text: str | None) -> Ranges:
    """What `encode_done` wrote; none where somebody else wrote something.

    >>> decode_done("freshet-done/1 1000+250,1251+49"), decode_done("by hand"), decode_done(None)
    (((1000, 1250), (1251, 1300)), (), ())
    """
    mark, _, rest = (text or "").partition(" ")
    if mark != MARK:
        return ()
    try:
        pairs = [tuple(map(int, each.split("+"))) for each in rest.split(",")]
        return merge((first, first + count) for first, count in pairs)
    except ValueError:
        return ()


def contains(ranges: Ranges, offset: int) -> bool:
    """Whether an offset is in one of them.

    >>> [offset for offset in (3, 4, 5, 9) if not contains(((4, 6),), offset)]
    [3, 9]
    """
    return any(first <= offset < after for first, after in ranges)
