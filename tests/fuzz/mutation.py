# SPDX-License-Identifier: Apache-2.0
"""Bytes near to good ones: flipped, cut, doubled, joined, with numbers, words of the format and signs that
readers trip over."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null')
NUMBERS = tuple(
    b"0 -1 1 255 65536 2147483648 9223372036854775808 1e999 -0.5 111111111111111111111111111111".split()
)
VALUES = tuple(rb"""null true "" [] {} [[]] {"a":1} "\ud800" "\u0000" NaN -1 1e400""".split())
SIGNS = (
    b"\0",
    b"\n",
    b"\t",
    b"\r",
    b"\xff",
    b"\xc3\x28",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"${",
    b"..",
)
HUGE = tuple(bytes([kind]) + b"\xff\xff\xff\xff" for kind in b"\xdd\xdf\xdb\xc6\xc9")

Draw = random.Random


def mutated(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes], rounds: int) -> bytes:
    """The data with one to `rounds` things wrong."""
    for _ in range(draw.randint(1, rounds)):
        data = draw.choice(_MUTATIONS)(data, draw, others, words)[: 1 << 18]
    return data


def _flip(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    return _put(data, draw, bytes([draw.randrange(256)]), 1)


def _sign(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    return _put(data, draw, draw.choice(SIGNS + HUGE), draw.choice((0, 1)))


def _word(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    return _put(data, draw, draw.choice(words or SIGNS), draw.choice((0, 0, 1, 4)))


def _cut(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def _delete(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + data[at + draw.randrange(1, 40) :]


def _double(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = draw.randrange(len(data) + 1)
    piece = data[at : at + draw.randrange(1, 60)]
    return data[:at] + piece * draw.choice((2, 2, 3, 200)) + data[at:]


def _splice(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    other = draw.choice(others) if others else data
    at, from_ = draw.randrange(len(data) + 1), draw.randrange(len(other) + 1)
    return data[:at] + other[from_ : from_ + draw.randrange(1, 400)] + data[at + draw.randrange(1, 400) :]


def _number(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    return _replace(NUMBER, data, draw, draw.choice(NUMBERS))


def _value(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    return _replace(VALUE, data, draw, draw.choice((*VALUES, *words)))


def _line(data: bytes, draw: Draw, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Lines in another order, doubled or gone; here, of another case."""
    lines = data.split(b"\n")
    at = draw.randrange(len(lines))
    other = draw.choice(others or [data]).split(b"\n")
    kind = draw.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(draw.randrange(len(lines) + 1), lines[at])
    elif kind == 2:
        lines.insert(at, draw.choice(other))
    else:
        draw.shuffle(lines)
    return b"\n".join(lines)


def _put(data: bytes, draw: Draw, piece: bytes, over: int) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + piece + data[at + over :]


def _replace(pattern: re.Pattern[bytes], data: bytes, draw: Draw, piece: bytes) -> bytes:
    start = draw.randrange(len(data) + 1)
    found = pattern.search(data, start) or pattern.search(data)
    return data if found is None else data[: found.start()] + piece + data[found.end() :]


_MUTATIONS: tuple[Callable[[bytes, Draw, Sequence[bytes], Sequence[bytes]], bytes], ...] = (
    _flip,
    _sign,
    _word,
    _cut,
    _delete,
    _double,
    _splice,
    _number,
    _value,
    _value,
    _line,
)
